"use strict";
(() => {
  const one = (selector, of = document) => of.querySelector(selector);
  const all = (selector, of = document) => [...of.querySelectorAll(selector)];
  const form = one("#controls"), layout = one(".layout"), closed = one("#closed");
  const letters = JSON.parse(one("#fold").textContent);

  // The same folding as evolunteer_nlp.initiatives.search; a test compares the two.
  const drops = /[\p{M}\p{Cf}\p{Co}\p{Cs}\p{Sk}\u0640]/gu, breaks = /[\p{P}\p{Z}\p{Cc}\p{Sm}\s]+/gu;
  const foreign = new RegExp(`[${Object.keys(letters).join("")}]`, "gu");
  const fold = (text) =>
    text.replace(foreign, (char) => letters[char]).replace(drops, "").replace(breaks, " ").toLowerCase().trim();
  window.foldForSearch = fold;

  const cards = all(".card").map((element) => ({
    element,
    numbers: new Set(element.dataset.k.split(" ").map(Number)),
    days: (element.dataset.d || "").split(" ").filter(Boolean).map((span) => span.split("-").map(Number)),
    text: null,
  }));
  const textOf = (card) => (card.text ??= fold(card.element.textContent));

  // Dates are compared with the reader's day: a page is passed on for weeks.
  const now = new Date();
  const today = Math.floor(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) / 864e5);
  const within = { week: today + 7, month: today + 30 };
  const inTime = (card, choice) =>
    choice === "dated" ? card.days.length > 0 : card.days.some(([first, last]) => last >= today && first <= within[choice]);
  for (const card of cards)
    if (card.days.length && card.element.classList.contains("open") && card.days.every(([, last]) => last < today)) {
      const note = document.createElement("p");
      note.className = "over";
      note.textContent = "مضى موعده منذ أُعدت هذه الصفحة؛ اسأل هل ما زال قائما.";
      one(".why", card.element).after(note);
    }

  // Choices: boxes of one name are alternatives, and so is what a list offers; names must all fit.
  const boxes = all("input[type=checkbox]", form), lists = all("select", form), search = one("#q");
  const keys = [...new Set([...boxes, ...lists].map((control) => control.name))];
  const start = Object.fromEntries(keys.map((key) => [key, chosen(key).join(",")]));

  function chosen(key) {
    const list = lists.find((control) => control.name === key);
    if (list) return list.value ? [list.value] : [];
    return boxes.filter((box) => box.name === key && box.checked).map((box) => box.value);
  }

  function numbersOf(key) {
    const list = lists.find((control) => control.name === key);
    if (list) return list.value ? [Number(list.selectedOptions[0].dataset.n)] : [];
    return boxes.filter((box) => box.name === key && box.checked).map((box) => Number(box.dataset.n));
  }

  function apply() {
    const words = fold(search.value).split(" ").filter(Boolean), date = chosen("date")[0];
    const wanted = keys.filter((key) => key !== "date").map((key) => [key, numbersOf(key)]);
    const counts = new Map(), dated = { week: 0, month: 0, dated: 0 };
    let shown = 0, shownClosed = 0;
    for (const card of cards) {
      const misses = wanted.filter(([, numbers]) => numbers.length && !numbers.some((n) => card.numbers.has(n))).map(([key]) => key);
      if (date && !inTime(card, date)) misses.push("date");
      if (misses.length < 2 && words.length && !words.every((word) => textOf(card).includes(word))) misses.push("", "");
      const fits = misses.length === 0;
      if (card.element.hidden === fits) card.element.hidden = !fits;
      shown += fits;
      shownClosed += fits && card.element.classList.contains("closed");
      // A choice counts the cards that it would show beside all other filters.
      if (misses.length < 2) {
        for (const number of card.numbers)
          if (fits || ofKey.get(number) === misses[0]) counts.set(number, (counts.get(number) || 0) + 1);
        if (fits || misses[0] === "date") for (const choice in dated) dated[choice] += inTime(card, choice);
      }
    }
    for (const box of boxes) one("small", box.parentElement).textContent = counts.get(Number(box.dataset.n)) || 0;
    for (const option of all("option[data-name]", form)) {
      const count = option.dataset.n ? counts.get(Number(option.dataset.n)) || 0 : dated[option.value];
      option.textContent = `${option.dataset.name} (${count})`;
    }
    if (closed) {
      closed.hidden = !shownClosed;
      closed.open = shownClosed > 0;
    }
    one("#none").hidden = shown > 0;
    one("#count").textContent = `المعروض ${shown.toLocaleString("en")} من ${cards.length.toLocaleString("en")}`;
  }
  const ofKey = new Map(boxes.map((box) => [Number(box.dataset.n), box.name]));
  for (const list of lists) for (const option of list.options) if (option.dataset.n) ofKey.set(Number(option.dataset.n), list.name);

  // The state is in the address, so that a page on the web can be passed on as it is filtered.
  function remember() {
    const state = new URLSearchParams();
    if (search.value.trim()) state.set("q", search.value.trim());
    for (const key of keys) if (chosen(key).join(",") !== start[key]) state.set(key, chosen(key).join(","));
    try {
      history.replaceState(null, "", `#${state}`);
    } catch {} // some previewers forbid it
  }

  function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    search.value = state.get("q") || "";
    for (const key of keys) {
      const values = (state.get(key) ?? start[key]).split(",");
      for (const box of boxes) if (box.name === key) box.checked = values.includes(box.value);
      const list = lists.find((control) => control.name === key);
      if (list) list.value = [...list.options].some((option) => option.value === values[0]) ? values[0] : "";
    }
    apply();
  }

  let waiting;
  const later = (wait) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { apply(); remember(); }, wait);
  };
  form.addEventListener("input", (event) => later(event.target === search ? 120 : 0));
  form.addEventListener("submit", (event) => { event.preventDefault(); later(0); });
  addEventListener("hashchange", () => { if (location.hash !== "#cards") recall(); });
  one("#clear").addEventListener("click", () => { location.hash = ""; form.reset(); later(0); search.focus(); });
  one("#print").addEventListener("click", () => print());
  one("#more").addEventListener("click", () => {
    one("#more").setAttribute("aria-expanded", form.classList.toggle("open"));
  });

  // On paper nothing can be unfolded.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = all(".card:not([hidden]) details:not([open])");
    for (const details of unfolded) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of unfolded) details.open = false; });

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.body.appendChild(document.createElement("textarea"));
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }
  for (const button of all(".copy")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    await copy(button.dataset.copy);
    button.textContent = "نُسخ";
    setTimeout(() => (button.textContent = "انسخ"), 2000);
  });

  form.hidden = false;
  layout.classList.add("live");
  recall();
  // Folding all texts takes a moment: it is done before somebody searches.
  const idle = window.requestIdleCallback || ((call) => setTimeout(() => call({ timeRemaining: () => 8 }), 50));
  let next = 0;
  const prepare = (deadline) => {
    while (next < cards.length && deadline.timeRemaining() > 2) textOf(cards[next++]);
    if (next < cards.length) idle(prepare);
  };
  idle(prepare);
})();
