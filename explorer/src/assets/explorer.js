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

  // Fields that are empty say nothing, and need not stand in an address.
  document.addEventListener("formdata", (event) => {
    const empty = [...event.formData].filter(([, value]) => value === "").map(([name]) => name);
    empty.forEach((name) => event.formData.delete(name));
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

  // Sliders: while one is moved, this page is fetched with its number, and the parts that depend on it take the place of those that are there.
  const follow = (form) => {
    const ids = form.dataset.parts.split(" ");
    const address = () => {
      const fields = [...new FormData(form)].filter(([, value]) => value !== "");
      const parameters = new URLSearchParams(fields).toString();
      return form.getAttribute("action") + (parameters ? `?${parameters}` : "");
    };
    const put = (page, failed) => {
      const problem = failed && $(".problem", page);
      ids.forEach((id, at) => {
        const here = document.getElementById(id), there = page.getElementById(id);
        if (there) here.replaceChildren(...there.childNodes);
        else if (problem && at === ids.length - 1) here.replaceChildren(problem);
        here.removeAttribute("aria-busy");
      });
      const said = $(".said", form), now = $(".said", page);
      if (said && now) said.textContent = now.textContent;
    };
    // One request at a time: whoever moves on meanwhile gets the newest number next, and none in between.
    let wanted = null, isAsking = false;
    const ask = async () => {
      wanted = address();
      if (isAsking) return;
      isAsking = true;
      try {
        while (wanted !== null) {
          const asked = wanted;
          wanted = null;
          ids.forEach((id) => document.getElementById(id).setAttribute("aria-busy", "true"));
          const answer = await fetch(asked);
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          if (wanted !== null) continue;
          put(page, !answer.ok);
          history.replaceState(history.state, "", asked);
        }
      } catch (error) {
        form.submit();
      } finally {
        isAsking = false;
      }
    };
    form.querySelectorAll("input[type=number]").forEach((number) => {
      const slider = make("input");
      slider.type = "range";
      slider.min = number.min;
      slider.max = number.dataset.most;
      slider.step = "0.01";
      slider.id = `${number.id}-range`;
      slider.setAttribute("aria-label", number.labels[0].textContent);
      slider.setAttribute("aria-describedby", number.getAttribute("aria-describedby"));
      const show = () => { slider.value = number.value === "" ? number.dataset.place : number.value; };
      show();
      slider.addEventListener("input", () => { number.value = slider.value; ask(); });
      number.addEventListener("input", () => { if (number.value !== "" && number.checkValidity()) { show(); ask(); } });
      number.before(slider);
    });
    form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  };
  document.querySelectorAll("form.sliders").forEach(follow);

  // The editor of statements: what may be typed next comes in a list below it; Enter asks.
  const complete = (editor) => {
    const form = editor.form, store = form.elements.namedItem("store");
    const list = make("ul"), said = make("p");
    list.className = "suggestions";
    list.id = "completions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "What may come next");
    list.hidden = true;
    said.className = "hidden";
    said.setAttribute("role", "status");
    editor.parentElement.append(list, said);
    editor.setAttribute("aria-autocomplete", "list");
    editor.setAttribute("aria-controls", list.id);
    form.querySelectorAll("[data-scripted]").forEach((part) => { part.hidden = false; });
    let chosen = -1, typed = "", asked = null, timer = 0;
    const choose = (at) => {
      chosen = at;
      [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
      const item = list.children[at];
      if (item) { editor.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
      else editor.removeAttribute("aria-activedescendant");
    };
    const close = () => { if (asked) asked.abort(); clearTimeout(timer); list.hidden = true; said.textContent = ""; choose(-1); };
    const take = (at) => {
      const end = editor.selectionStart;
      editor.setRangeText(list.children[at].textContent, end - typed.length, end, "end");
      close();
      editor.focus();
    };
    // Where nothing is typed yet, only places at which there is something to choose from open the list by themselves.
    const invites = (before) => /[\[=,(:]\s*$/.test(before) || /\b(by|and|having|per|between|of)\s+$/i.test(before);
    const ask = async (isWanted) => {
      if (asked) asked.abort();
      const before = editor.value.slice(0, editor.selectionStart);
      if (editor.selectionStart !== editor.selectionEnd || (!isWanted && !before.trim())) return close();
      asked = new AbortController();
      const parameters = new URLSearchParams({ before });
      if (store) parameters.set("store", store.value);
      try {
        const answer = await fetch(`/api/complete?${parameters}`, { signal: asked.signal });
        if (!answer.ok) return close();
        const found = await answer.json();
        typed = found.typed;
        const isDone = found.words.length === 1 && found.words[0] === typed;
        if (found.words.length === 0 || (!isWanted && (isDone || (!typed && !invites(before))))) return close();
        list.replaceChildren(...found.words.map((word, at) => {
          const item = make("li", word);
          item.id = `completion-${at}`;
          item.setAttribute("role", "option");
          return item;
        }));
        list.hidden = false;
        choose(-1);
        said.textContent = found.words.length === 1 ? `${found.words[0]} may come next` : `${found.words.length} words may come next`;
      } catch (error) {
        if (error.name !== "AbortError") close();
      }
    };
    editor.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => ask(false), 60); });
    editor.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === " " && event.ctrlKey) { event.preventDefault(); return ask(true); }
      if (!list.hidden) {
        const count = list.children.length;
        if (event.key === "Escape") { event.preventDefault(); return close(); }
        if (event.key === "ArrowDown") { event.preventDefault(); return choose((chosen + 1) % count); }
        if (event.key === "ArrowUp") { event.preventDefault(); return choose((chosen <= 0 ? count : chosen) - 1); }
        if (event.key === "Tab" && !event.shiftKey) { event.preventDefault(); return take(Math.max(chosen, 0)); }
        if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); return take(chosen); }
      }
      if (event.key === "Enter" && !event.shiftKey && !event.altKey) { event.preventDefault(); close(); form.requestSubmit(); }
    });
    list.addEventListener("mousedown", (event) => {
      const at = [...list.children].indexOf(event.target.closest("li"));
      if (at >= 0) { event.preventDefault(); take(at); }
    });
    editor.addEventListener("blur", close);
    editor.addEventListener("click", close);
  };
  const editor = $("textarea#q");
  if (editor) complete(editor);

  // Buttons that copy: <button data-copy="TEXT" hidden>.
  document.querySelectorAll("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      // A link is one on this server, whatever that is called.
      const text = button.dataset.copy;
      await navigator.clipboard.writeText(text.startsWith("/") ? location.origin + text : text);
      const said = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = said; }, 1500);
    });
  });

  // Newer entries: asks every five seconds, while somebody looks, whether the page is still the one of the last commit.
  const badge = $("#newer"), commit = $("#commit");
  const look = async () => {
    if (document.hidden || !badge.hidden) return;
    try {
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store", headers: { "If-None-Match": commit.dataset.tag } });
      const now = answer.headers.get("kndb-commit");
      if (now && now !== commit.textContent.trim()) badge.hidden = false;
      // The same commit of a server that was begun anew.
      else if (answer.headers.has("ETag")) commit.dataset.tag = answer.headers.get("ETag");
    } catch (error) { /* The server has ended; there is nothing newer. */ }
  };
  if (badge) setInterval(look, 5000);
})();
