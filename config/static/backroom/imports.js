// An import's page: follows the progress, and mends rejected rows without leaving the page.
(() => {
  "use strict";

  const progress = document.querySelector("[data-progress-url]");
  if (progress) {
    const text = progress.querySelector("[data-progress-text]");
    const percent = progress.querySelector("[data-progress-percent]");
    const bar = progress.querySelector("[data-progress-bar]");
    let wait = 1000;
    const show = (state) => {
      text.textContent = state.text;
      percent.textContent = state.percent === null ? "" : `${state.percent} %`;
      bar.style.width = `${state.percent || 0}%`;
      bar.parentElement.classList.toggle("imp-bar-waiting", state.percent === null);
      showCounts(state.counts);
    };
    const ask = async () => {
      try {
        const response = await fetch(progress.dataset.progressUrl, {
          headers: { Accept: "application/json" },
          signal: AbortSignal.timeout(10000),
        });
        if (response.redirected || !response.ok) throw new Error(`status ${response.status}`);
        const state = await response.json();
        show(state);
        if (!state.is_busy) return location.reload();
        wait = 1000;
      } catch {
        wait = Math.min(wait * 2, 15000);
        percent.textContent = "no connection, trying again";
      }
      setTimeout(ask, wait);
    };
    setTimeout(ask, wait);
  }

  function showCounts(counts) {
    for (const [outcome, count] of Object.entries(counts)) {
      const shown = document.querySelector(`[data-count="${outcome}"]`);
      if (shown) shown.textContent = count.toLocaleString("en");
    }
  }

  function showEffect(answer) {
    const effect = document.querySelector("[data-effect]");
    if (effect) effect.textContent = answer.effect;
    document.querySelector("[data-apply-button]")?.toggleAttribute("hidden", !answer.can_apply);
    document.querySelector("[data-nothing]")?.toggleAttribute("hidden", answer.can_apply);
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-mend]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button");
    const told = form.querySelector("[data-mend-error]");
    button.disabled = true;
    told.hidden = true;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Requested-With": "fetch", Accept: "application/json" },
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error);
      const row = form.closest("[data-row]");
      const holder = document.createElement("template");
      holder.innerHTML = answer.html.trim();
      const fresh = holder.content.firstElementChild;
      row.replaceWith(fresh);
      fresh.querySelector("[aria-invalid]")?.focus();
      showCounts(answer.counts);
      showEffect(answer);
    } catch (error) {
      told.textContent = error.message || "That did not work; please try again.";
      told.hidden = false;
      button.disabled = false;
    }
  });
})();
