// What scrolls sideways can be reached by keyboard, also after a solution is opened. (A file called
// book.js would take the place of mdBook's own.)
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
