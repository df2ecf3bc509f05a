// What scrolls sideways can be reached by keyboard, also after a solution is opened. The braces
// keep the names apart from those of mdBook's scripts.
{
    const wide = "main :is(pre code, .katex-display, .table-wrapper)";
    const reach = () => {
        for (const element of document.querySelectorAll(wide))
            if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    };
    reach();
    addEventListener("resize", reach);
    addEventListener("toggle", reach, true);
}
