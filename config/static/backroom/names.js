// Names to settle: J and K go down and up the rows, 1 to 3 take the proposal, X: not an ingredient.
(() => {
  let at = -1;
  const rows = () => [...document.querySelectorAll(".backroom-names")];
  const go = (to) => {
    const all = rows();
    if (!all.length) return;
    at = Math.max(0, Math.min(all.length - 1, to));
    all[at].querySelector("button")?.focus();
    all[at].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
    const key = event.key.toLowerCase();
    if (key === "j") go(at + 1);
    else if (key === "k") go(at - 1);
    else if (at >= 0 && (key === "x" || /^[1-3]$/.test(key))) {
      const buttons = [...rows()[at].querySelectorAll("button")];
      const chosen = key === "x" ? buttons.at(-1) : buttons.slice(0, -1)[Number(key) - 1];
      chosen?.click();
    }
  });
})();
