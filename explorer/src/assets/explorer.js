// What a browser adds to pages that are whole without it: suggestions while one types, keys, the badge of newer entries, copying.
"use strict";
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const make = (name, text) => { const element = document.createElement(name); if (text) element.textContent = text; return element; };

  // `/` goes to the search box, as everywhere.
  const box = $("#s");
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && box && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });

  // Suggestions: the facts and relations of the search page, while one types.
  const suggest = (box) => {
    const form = box.form, store = form.elements.namedItem("store");
    const list = make("ul");
    list.className = "suggestions";
    list.id = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Facts and relations");
    list.hidden = true;
    form.append(list);
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-controls", list.id);
    box.setAttribute("aria-expanded", "false");
    box.setAttribute("aria-autocomplete", "list");
    let chosen = -1, asked = null, timer = 0;
    const show = (is) => { list.hidden = !is; box.setAttribute("aria-expanded", String(is)); if (!is) choose(-1); };
    const choose = (at) => {
      chosen = at;
      [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
      const item = list.children[at];
      if (item) { box.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
      else box.removeAttribute("aria-activedescendant");
    };
    const option = (page, parts, at) => {
      const item = make("li");
      item.id = `suggestion-${at}`;
      item.setAttribute("role", "option");
      item.dataset.page = page;
      parts.forEach(([text, lang, name]) => {
        const part = make("bdi", text);
        if (lang) part.lang = lang.replace("_", "-");
        if (name) part.className = name;
        item.append(part, " ");
      });
      return item;
    };
    const ask = async () => {
      const text = box.value.trim();
      if (asked) asked.abort();
      if (!text) return show(false);
      asked = new AbortController();
      const parameters = new URLSearchParams({ s: text, limit: "8" });
      if (store) parameters.set("store", store.value);
      try {
        const answer = await fetch(`/api/facts?${parameters}`, { signal: asked.signal });
        if (!answer.ok) return show(false);
        const { facts, relations } = await answer.json();
        const all = relations.slice(0, 3).map((r) => [r.page, [[r.relation], [r.name && r.name !== r.relation ? r.name : "", "en", "relation"]]])
          .concat(facts.map((f) => [f.page, f.subject === null ? [[f.fact]] : [[f.subject, f.lang], ["→", "", "arrow"], [f.object, f.lang], [f.relation_name || "", "en", "relation"]]]));
        list.replaceChildren(...all.map(([page, parts], at) => option(page, parts, at)));
        show(all.length > 0);
        choose(-1);
      } catch (error) {
        if (error.name !== "AbortError") show(false);
      }
    };
    box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 60); });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !list.hidden) { event.preventDefault(); return show(false); }
      if (list.hidden || event.isComposing) return;
      const count = list.children.length;
      if (event.key === "ArrowDown") { event.preventDefault(); choose((chosen + 1) % count); }
      if (event.key === "ArrowUp") { event.preventDefault(); choose((chosen <= 0 ? count : chosen) - 1); }
      if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); location.assign(list.children[chosen].dataset.page); }
    });
    list.addEventListener("mousedown", (event) => {
      const item = event.target.closest("[data-page]");
      if (item) { event.preventDefault(); location.assign(item.dataset.page); }
    });
    box.addEventListener("blur", () => show(false));
  };
  if (box) suggest(box);

  // Buttons that copy: <button data-copy="TEXT" hidden>.
  document.querySelectorAll("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      const said = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = said; }, 1500);
    });
  });

  // Newer entries: asks every five seconds, while somebody looks, whether the page is still the one of the last commit.
  const badge = $("#newer");
  let tag = null;
  const look = async () => {
    if (document.hidden || !badge.hidden) return;
    try {
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store", headers: tag ? { "If-None-Match": tag } : {} });
      const now = answer.headers.get("ETag");
      const commit = answer.headers.get("kndb-commit");
      if (commit && commit !== $("#commit").textContent.trim()) badge.hidden = false;
      else if (now) tag = now;
    } catch (error) { /* The server has ended; there is nothing newer. */ }
  };
  if (badge) setInterval(look, 5000);
})();
