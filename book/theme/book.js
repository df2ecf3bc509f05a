// What scrolls sideways can be reached by keyboard, also after a solution is opened.
const reach = () => {
    for (const wide of document.querySelectorAll("main :is(pre code, .katex-display, .table-wrapper)"))
        if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
};
reach();
addEventListener("resize", reach);
addEventListener("toggle", reach, true);
