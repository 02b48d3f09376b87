// Counting by scanner and keyboard: a scan leads to its line, Enter saves the figure and goes on.
(() => {
  const plan = document.getElementById("count-plan");
  if (plan) {
    const way = plan.elements.way;
    const show = () => plan.querySelectorAll("[data-way]").forEach((part) => {
      part.hidden = part.dataset.way !== "" && part.dataset.way !== way.value;
    });
    way.addEventListener("change", show);
    show();
  }

  const page = document.getElementById("count-entry");
  if (!page) return;
  const lines = document.getElementById("count-lines");
  const scan = document.querySelector("#count-scan input[name=code]");
  const problem = document.getElementById("count-problem");
  const hint = document.getElementById("count-hint");
  const fields = [...lines.querySelectorAll(".backroom-count-figure input")];
  const figure = /^[0-9]{1,7}([.,][0-9]{1,4})?$/;
  let scanned = false; // the last field was reached by a scan: after saving, the next scan is due
  let saving = Promise.resolve();

  const tell = (box, text) => { box.textContent = text; box.hidden = !text; };
  const rowOf = (field) => field.closest("li");
  const isOpen = (field) => !rowOf(field).classList.contains("is-counted");
  const go = (field) => { field.focus(); field.select(); rowOf(field).scrollIntoView({ block: "center" }); };
  const goToScan = () => { scan.focus(); scan.select(); scan.scrollIntoView({ block: "center" }); };

  const next = (field) => {
    const at = fields.indexOf(field);
    const open = fields.slice(at + 1).find(isOpen) || fields.find(isOpen);
    if (scanned || !open) goToScan(); else go(open);
  };

  const wrong = (field, text) => {
    const row = rowOf(field);
    row.classList.toggle("is-wrong", Boolean(text));
    row.querySelector(".backroom-count-problem").textContent = text;
    return !text;
  };

  const progress = (told) => {
    document.getElementById("count-done").textContent = told.done;
    const all = told.done + told.left;
    document.getElementById("count-bar").style.width = `${all ? (told.done * 100) / all : 100}%`;
  };

  const send = async (field, text) => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", lines.elements.csrfmiddlewaretoken.value);
    body.set(field.name, text);
    if (lines.elements.may_repeat?.checked) body.set("may_repeat", "1");
    let told;
    try {
      const answer = await fetch(location.pathname, {
        method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20000),
      });
      if (!answer.headers.get("Content-Type")?.includes("json")) throw new Error(answer.status);
      told = await answer.json();
    } catch {
      return wrong(field, "Not saved: the server does not answer. Press Enter to try again.");
    }
    if (told.problem) return wrong(field, told.problem);
    field.dataset.saved = text;
    const row = rowOf(field);
    row.classList.add("is-counted");
    row.classList.remove("is-wanted");
    row.querySelector(".backroom-count-mark").textContent = "check_circle";
    progress(told);
    return wrong(field, "");
  };

  // One after the other, so that the last figure typed is the last one saved.
  const save = (field) => {
    const text = field.value.trim();
    if (text === field.dataset.saved) return Promise.resolve(wrong(field, ""));
    if (!text) {
      field.value = field.dataset.saved;
      return Promise.resolve(wrong(field, `Empty is not zero: ${field.dataset.saved} stays. Type 0 for nothing.`));
    }
    if (!figure.test(text)) return Promise.resolve(wrong(field, `${text} is no quantity.`));
    saving = saving.then(() => send(field, text));
    return saving;
  };

  const look = async (code) => {
    tell(problem, "");
    tell(hint, "");
    lines.querySelectorAll(".is-wanted").forEach((row) => row.classList.remove("is-wanted"));
    const url = `${location.pathname}?code=${encodeURIComponent(code)}`;
    let told;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20000) });
      told = await answer.json();
    } catch {
      tell(problem, "The server does not answer. Scan again.");
      return goToScan();
    }
    if (told.problem) {
      tell(problem, told.problem);
      return goToScan();
    }
    const found = told.lines.map((id) => lines.elements[`line-${id}`]).filter(Boolean);
    if (!found.length) {
      location.assign(url); // on no line: the page asks where it lies
      return undefined;
    }
    if (found.length > 1) tell(hint, `${found.length} lines fit: they are marked below.`);
    found.forEach((field) => rowOf(field).classList.add("is-wanted"));
    scanned = true;
    scan.value = "";
    return go(found[0]);
  };

  document.getElementById("count-scan").addEventListener("submit", (event) => {
    event.preventDefault();
    if (scan.value.trim()) look(scan.value.trim());
  });
  scan.addEventListener("focus", () => { scanned = false; });

  lines.addEventListener("submit", (event) => event.preventDefault());
  lines.addEventListener("keydown", async (event) => {
    const field = event.target;
    if (!fields.includes(field)) return;
    const at = fields.indexOf(field);
    if (event.key === "ArrowDown" && fields[at + 1]) { event.preventDefault(); go(fields[at + 1]); }
    if (event.key === "ArrowUp" && fields[at - 1]) { event.preventDefault(); go(fields[at - 1]); }
    if (event.key === "Escape") { event.preventDefault(); goToScan(); }
    if (event.key !== "Enter") return;
    event.preventDefault();
    const text = field.value.trim();
    if (text && !figure.test(text) && text.length > 5) {
      field.value = field.dataset.saved; // a scan into the wrong field is still a scan
      look(text);
      return;
    }
    if (!text && !field.dataset.saved) { next(field); return; }
    if (await save(field)) next(field);
  });
  lines.addEventListener("change", (event) => { if (fields.includes(event.target)) save(event.target); });

  // The page is hidden until Alpine has started, and what is hidden takes no focus by itself.
  const begin = (tries) => {
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
    (page.querySelector("[autofocus]") || scan).focus();
    if (document.activeElement === document.body && tries) setTimeout(begin, 50, tries - 1);
  };
  begin(100);

  document.getElementById("count-finish").addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.ready) return;
    event.preventDefault();
    const results = await Promise.all(fields.filter((f) => f.value.trim() !== f.dataset.saved).map(save));
    const bad = lines.querySelector(".is-wrong input");
    if (results.includes(false) && bad) { go(bad); return; }
    form.dataset.ready = "1";
    form.requestSubmit();
  });
})();
