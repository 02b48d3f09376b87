// Deciding by keyboard: a, r, s, w choose; Enter decides; j and k go on and back; ? tells all keys.
(() => {
  const together = document.getElementById("together");
  if (together) {
    const all = together.querySelector("[data-all]");
    const boxes = [...together.querySelectorAll("input[name=clearance]")];
    const show = () => {
      const chosen = boxes.filter((box) => box.checked).length;
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    };
    all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); show(); });
    boxes.forEach((box) => box.addEventListener("change", show));
    show();
  }

  const page = document.getElementById("review");
  if (!page) return;
  const form = document.getElementById("decide");
  const help = document.getElementById("shortcuts");
  const letter = document.querySelector("#letter textarea");

  const choose = (radio) => {
    radio.checked = true;
    form.querySelector(".cmp-until").hidden = radio.value !== "waive";
    if (radio.value === "ask" && letter) document.getElementById("letter").open = true;
    form.elements.reason.focus();
  };
  const copy = async () => {
    if (!letter) return;
    document.getElementById("letter").open = true;
    letter.select();
    try { await navigator.clipboard.writeText(letter.value); } catch { document.execCommand("copy"); }
    const button = page.querySelector("[data-copy]");
    button.textContent = "Copied";
  };
  const follow = (url) => { if (url) location.assign(url); };

  // A finding among those that are folded away is unfolded before one goes there.
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const folded = target && target.closest("details");
    if (folded) { folded.open = true; target.scrollIntoView({ block: "center" }); }
    if (target) target.focus({ preventScroll: true });
  };
  window.addEventListener("hashchange", unfold);
  unfold();

  page.querySelector("[data-help]").addEventListener("click", () => help.showModal());
  page.querySelector("[data-copy]")?.addEventListener("click", copy);
  if (form) {
    form.querySelectorAll("input[name=kind]").forEach((radio) => {
      radio.addEventListener("click", () => choose(radio));
    });
    let sent = false;
    form.addEventListener("submit", (event) => { if (sent) event.preventDefault(); sent = true; });
    window.addEventListener("pageshow", () => { sent = false; });
    if (form.querySelector("[role=alert]")) form.elements.reason.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const typing = event.target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select");
    if (typing) {
      if (event.key === "Escape") typing.blur();
      return;
    }
    const radio = form?.querySelector(`input[data-key="${CSS.escape(event.key)}"]`);
    const act = {
      "?": () => help.showModal(),
      c: copy,
      j: () => follow(page.dataset.next),
      k: () => follow(page.dataset.previous),
    }[event.key] || (radio ? () => choose(radio) : null);
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
