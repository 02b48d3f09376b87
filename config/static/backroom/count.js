// Counting by scanner and keyboard: a scan leads to its line, Enter saves the figure and goes on.
// Where goods carry serial numbers a line takes scan after scan; Enter on an empty line saves them.
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
  // The field one counts in; beside one for serial numbers is another for pieces without any.
  const rows = [...lines.querySelectorAll("li[data-line]")];
  const fieldOf = (row) => row.querySelector("textarea") || row.querySelector("input");
  const fields = rows.map(fieldOf);
  const inputs = [...lines.querySelectorAll("textarea, .backroom-count-figure input")];
  const figure = /^[0-9]{1,7}([.,][0-9]{1,4})?$/;
  let scanned = false; // the last field was reached by a scan: after saving, the next scan is due
  let saving = Promise.resolve();

  const tell = (box, text) => { box.textContent = text; box.hidden = !text; };
  const rowOf = (field) => field.closest("li");
  const isOpen = (field) => !rowOf(field).classList.contains("is-counted");
  const go = (field) => { field.focus(); if (field.tagName === "INPUT") field.select(); rowOf(field).scrollIntoView({ block: "center" }); };
  const goToScan = () => { scan.focus(); scan.select(); scan.scrollIntoView({ block: "center" }); };

  const next = (field) => {
    const at = rows.indexOf(rowOf(field));
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

  // Serial numbers, one a line.
  const piecesOf = (row) => {
    const area = row.querySelector("textarea");
    return area ? area.value.split("\n").map((text) => text.trim()).filter(Boolean) : [];
  };
  const otherOf = (row) => row.querySelector(".backroom-count-figure input");
  const isChanged = (row) => {
    const area = row.querySelector("textarea");
    return otherOf(row).value.trim() !== otherOf(row).dataset.saved
      || Boolean(area && piecesOf(row).join(" ") !== area.dataset.saved);
  };
  const showTotal = (row) => {
    const total = row.querySelector("[data-total]");
    if (!total) return;
    const other = otherOf(row).value.trim();
    const pieces = piecesOf(row);
    total.textContent = pieces.length || other ? new Set(pieces).size + (Number(other) || 0) : "";
  };
  const notice = (row, sentences) => {
    row.querySelector(".backroom-count-notices")?.replaceChildren(...sentences.map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }));
  };
  const noticed = (row) => [...row.querySelectorAll(".backroom-count-notices li")].map((item) => item.textContent);

  const send = async (field) => {
    const row = rowOf(field);
    const area = row.querySelector("textarea");
    const sentPieces = area ? area.value : "";
    const sentOther = otherOf(row).value.trim();
    const body = new FormData();
    body.set("csrfmiddlewaretoken", lines.elements.csrfmiddlewaretoken.value);
    body.set(otherOf(row).name, sentOther);
    if (area) body.set(area.name, sentPieces);
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
    otherOf(row).dataset.saved = sentOther;
    if (area) {
      const pieces = told.pieces[row.dataset.line];
      area.dataset.saved = pieces.join(" ");
      if (area.value === sentPieces) area.value = pieces.join("\n"); // unless scanning went on
      notice(row, told.notices[row.dataset.line]);
      showTotal(row);
    }
    row.classList.add("is-counted");
    row.classList.remove("is-wanted");
    row.querySelector(".backroom-count-mark").textContent = "check_circle";
    progress(told);
    return wrong(field, "");
  };

  // One after the other, so that the last figure typed is the last one saved.
  const save = (field) => {
    const row = rowOf(field);
    const area = row.querySelector("textarea");
    const other = otherOf(row);
    const text = other.value.trim();
    if (!isChanged(row)) return Promise.resolve(wrong(field, ""));
    if (!text && !piecesOf(row).length) {
      const stays = area?.dataset.saved || other.dataset.saved;
      other.value = other.dataset.saved;
      if (area) area.value = area.dataset.saved.split(" ").join("\n");
      showTotal(row);
      return Promise.resolve(wrong(field, `Empty is not zero: ${stays} stays. Type 0 for nothing.`));
    }
    if (text && !figure.test(text)) return Promise.resolve(wrong(field, `${text} is no quantity.`));
    saving = saving.then(() => send(field));
    return saving;
  };

  // Each scan into serial numbers is told about at once; a place or other goods lead on from the line.
  const check = async (area, text, at) => {
    const row = rowOf(area);
    if (piecesOf(row).filter((other) => other === text).length > 1) {
      dropLine(area, text);
      notice(row, [...noticed(row), `${text} was scanned twice; it counts once.`]);
      return showTotal(row);
    }
    const query = new URLSearchParams({ line: row.dataset.line, piece: text });
    let told;
    try {
      const answer = await fetch(`${location.pathname}?${query}`, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20000) });
      told = await answer.json();
    } catch {
      return undefined; // saving tells the same, and asks again
    }
    if (told.is_elsewhere) {
      dropLine(area, text);
      showTotal(row);
      if (piecesOf(row).length && !(await save(area))) return undefined;
      return look(text);
    }
    if (told.problem) {
      dropLine(area, text);
      notice(row, [...noticed(row), told.problem]);
    } else {
      if (told.serial !== text) area.value = area.value.split("\n").map((line) => (line.trim() === text ? told.serial : line)).join("\n");
      if (told.notice) notice(row, [...noticed(row), told.notice]);
    }
    return showTotal(row);
  };
  // The last line that says so goes; what is being scanned below it stays.
  const dropLine = (area, text) => {
    const all = area.value.split("\n");
    const at = all.map((line) => line.trim()).lastIndexOf(text);
    if (at >= 0) all.splice(at, 1);
    area.value = all.join("\n");
  };
  const addPiece = (area, serial) => {
    area.value = [...piecesOf(rowOf(area)), serial, ""].join("\n");
    area.setSelectionRange(area.value.length, area.value.length);
    check(area, serial);
    showTotal(rowOf(area));
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
    const found = told.lines.map((id) => document.getElementById(`line-${id}`)).filter(Boolean).map(fieldOf);
    if (!found.length) {
      location.assign(url); // on no line: the page asks where it lies
      return undefined;
    }
    if (found.length > 1) tell(hint, `${found.length} lines fit: they are marked below.`);
    found.forEach((field) => rowOf(field).classList.add("is-wanted"));
    scanned = true;
    scan.value = "";
    go(found[0]);
    if (told.serial && found.length === 1 && found[0].tagName === "TEXTAREA") addPiece(found[0], told.serial);
    return undefined;
  };

  document.getElementById("count-scan").addEventListener("submit", (event) => {
    event.preventDefault();
    if (scan.value.trim()) look(scan.value.trim());
  });
  scan.addEventListener("focus", () => { scanned = false; });

  lines.addEventListener("submit", (event) => event.preventDefault());
  lines.addEventListener("keydown", async (event) => {
    const field = event.target;
    if (!inputs.includes(field)) return;
    if (field.tagName === "TEXTAREA") { scanInto(field, event); return; }
    const at = rows.indexOf(rowOf(field));
    if (event.key === "ArrowDown" && fields[at + 1]) { event.preventDefault(); go(fields[at + 1]); }
    if (event.key === "ArrowUp" && fields[at - 1]) { event.preventDefault(); go(fields[at - 1]); }
    if (event.key === "Escape") { event.preventDefault(); goToScan(); }
    if (event.key !== "Enter") return;
    event.preventDefault();
    const text = field.value.trim();
    const isOfPieces = fieldOf(rowOf(field)) !== field;
    if (isOfPieces && !isChanged(rowOf(field)) && !isOpen(field)) { next(field); return; }
    if (text && !figure.test(text) && text.length > 5) {
      field.value = field.dataset.saved; // a scan into the wrong field is still a scan
      look(text);
      return;
    }
    if (!text && !field.dataset.saved && !isOfPieces) { next(field); return; }
    if (isOfPieces && !text && !piecesOf(rowOf(field)).length) { next(field); return; }
    if (await save(field)) next(field);
  });
  lines.addEventListener("change", (event) => { if (inputs.includes(event.target)) save(event.target); });
  lines.addEventListener("input", (event) => { if (inputs.includes(event.target)) showTotal(rowOf(event.target)); });

  // Enter ends a number and begins the next; on an empty line it saves them all and goes on.
  const scanInto = async (area, event) => {
    if (event.key === "Escape") { event.preventDefault(); goToScan(); }
    if (event.key !== "Enter") return;
    event.preventDefault();
    const before = area.value.slice(0, area.selectionStart);
    const text = before.slice(before.lastIndexOf("\n") + 1).trim();
    if (text) {
      area.setRangeText("\n", area.selectionStart, area.selectionEnd, "end");
      await check(area, text);
      return;
    }
    if (!piecesOf(rowOf(area)).length && !otherOf(rowOf(area)).value.trim()) { next(area); return; }
    if (await save(area)) next(area);
  };

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
    const results = await Promise.all(fields.filter((f) => isChanged(rowOf(f))).map(save));
    const wrongRow = lines.querySelector(".is-wrong");
    const bad = wrongRow && fieldOf(wrongRow);
    if (results.includes(false) && bad) { go(bad); return; }
    form.dataset.ready = "1";
    form.requestSubmit();
  });
})();
