"use strict";
// Shows the differences that the page holds as JSON. Text goes into text nodes only: nothing of it is ever markup.
(() => {
  const STEP = 40; // differences put into the page at once
  const all = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("list");
  const more = document.getElementById("more");
  const count = document.getElementById("count");
  const form = document.querySelector("form");
  const controls = Object.fromEntries(
    ["outlet", "change", "cause", "text"].map((name) => [name, document.getElementById(name)]),
  );
  let chosen = [];
  let shown = 0;

  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  };
  const number = (value) => value.toLocaleString("en");

  // What can be chosen of a difference, and the words that are searched; made when first asked for.
  const facets = all.map((each) => ({
    outlet: [each.outlet || "(no address)"],
    change: [
      each.change,
      ...each.kinds.map((kind) => `block: ${kind}`),
      ...(each.change === "changed" ? each.fields.map(([name]) => `field: ${name}`) : []),
    ],
    cause: [...each.causes, ...each.versions.map((version) => `version: ${version}`)],
  }));
  const searched = all.map(() => null);
  const fold = (text) => text.normalize("NFC").toLocaleLowerCase();
  const wordsOf = (index) => {
    if (searched[index] === null) {
      const each = all[index];
      const parts = [each.title, each.url, each.id, ...each.fields.flatMap(([, left, right]) => [left, right])];
      for (const block of each.blocks) {
        parts.push(block.text);
        if (block.words) {
          parts.push(block.words.filter(([op]) => op !== "+").map(([, text]) => text).join(""));
          parts.push(block.words.filter(([op]) => op !== "-").map(([, text]) => text).join(""));
        }
        for (const side of [block.a, block.b]) if (side) parts.push(side.rule, side.evidence, side.removal);
      }
      searched[index] = fold(parts.filter(Boolean).join("\n"));
    }
    return searched[index];
  };

  function fillIn(name) {
    const counts = new Map();
    for (const facet of facets) {
      for (const value of new Set(facet[name])) counts.set(value, (counts.get(value) || 0) + 1);
    }
    const groups = new Map();
    const order = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    for (const [value, times] of order) {
      const option = make("option", { value }, `${value} (${number(times)})`);
      const group = name === "outlet" ? "" : { rule: "rules", field: "fields", block: "blocks", version: "versions" }[value.split(":")[0]] || "records";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(option);
    }
    controls[name].append(make("option", { value: "" }, "all"));
    for (const [group, options] of groups) {
      controls[name].append(...(group ? [make("optgroup", { label: group }, ...options)] : options));
    }
  }

  function filter() {
    const wanted = Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value]));
    const words = fold(wanted.text).split(/\s+/).filter(Boolean);
    chosen = [];
    all.forEach((_, index) => {
      const fits = ["outlet", "change", "cause"].every((name) => !wanted[name] || facets[index][name].includes(wanted[name]));
      if (fits && words.every((word) => wordsOf(index).includes(word))) chosen.push(index);
    });
    list.replaceChildren();
    shown = 0;
    show();
    count.textContent =
      chosen.length === all.length
        ? `${number(all.length)} differences`
        : `${number(chosen.length)} of ${number(all.length)} differences`;
    const stated = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
    history.replaceState(null, "", `#${stated}`);
  }

  function show() {
    const next = chosen.slice(shown, shown + STEP);
    list.append(...next.map((index) => article(all[index])));
    shown += next.length;
    more.hidden = shown >= chosen.length;
    more.textContent = `Show ${number(Math.min(STEP, chosen.length - shown))} more`;
    highlight();
  }

  function article(each) {
    const title = make("h2", { dir: "auto", lang: each.language }, make("span", { class: `chip ${each.change}` }, each.change), each.title);
    const link = /^https?:\/\//.test(each.url || "") ? make("a", { href: each.url, rel: "noreferrer noopener" }, each.url) : each.url;
    const about = make("p", { class: "about" }, link, each.captured ? ` · captured ${each.captured}` : "", ` · ${each.id}`);
    const causes = make("ul", { class: "causes", "aria-label": "Causes" }, ...each.causes.map((cause) => make("li", {}, cause)));
    const body = make("article", { tabindex: "-1" }, make("header", {}, title, about, causes));
    const alone = each.change !== "changed"; // one run has all of it: nothing to hold against each other
    const rows = [
      ...each.fields.map((field) => fieldRow(field, alone)),
      ...each.blocks.map((block) => blockRow(block, each.language, alone)),
    ];
    if (rows.length) {
      const heads = ["", "Run A", "Run B"].map((name) => make("th", { scope: "col" }, name));
      body.append(
        make("table", { class: "sides" },
          make("colgroup", {}, make("col", { class: "name" }), make("col"), make("col")),
          make("thead", {}, make("tr", {}, ...heads)),
          make("tbody", {}, ...rows)),
      );
    }
    const [a, b] = each.place;
    const places = a && a === b ? [`Both runs: ${a}`] : [a && `Run A: ${a}`, b && `Run B: ${b}`].filter(Boolean);
    body.append(make("p", { class: "place" }, places.join(" · ")));
    return body;
  }

  // The pieces of a text that one run has: what both have, and what is its own, marked.
  function pieces(words, name) {
    const mark = name === "A" ? "-" : "+";
    return words
      .filter(([op]) => op === "=" || op === mark)
      .map(([op, text]) => (op === "=" ? text : make(op === "-" ? "del" : "ins", {}, text)));
  }

  function fieldRow([name, left, right, words], alone) {
    const cell = (value, run) => {
      if (value === null) return make("td", {});
      const said = words ? pieces(words, run) : [alone ? value : make(run === "A" ? "del" : "ins", {}, value)];
      return make("td", { "data-run": `Run ${run}` }, make("span", { class: "said", dir: "auto" }, ...said));
    };
    return make("tr", {}, make("th", { scope: "row" }, name.replaceAll("_", " ")), cell(left, "A"), cell(right, "B"));
  }

  function blockRow(block, language, alone) {
    if (block.skip || block.cut) {
      const words = block.skip
        ? `${number(block.skip)} ${block.skip === 1 ? "block" : "blocks"} unchanged`
        : `${number(block.cut)} more blocks have no room here; diff -o FILE has them`;
      return make("tr", { class: "note-row" }, make("td", { colspan: "3" }, `⋯ ${words}`));
    }
    const label = make("th", { scope: "row" });
    if (block.change && !alone) label.append(make("span", { class: `chip ${block.change}` }, block.change));
    if (block.rules && block.rules.length) label.append(make("span", { class: "why" }, `by ${block.rules.join(", not ")}`));
    return make("tr", { class: block.change ? "" : "same" }, label, side(block, "A", language), side(block, "B", language));
  }

  function side(block, name, language) {
    const about = name === "A" ? block.a : block.b;
    if (!about) return make("td", {});
    const classes = [about.kind];
    if (!about.kept) classes.push("off");
    const other = name === "A" ? block.b : block.a;
    if (about.kept && (!other || !other.kept)) classes.push(name === "A" ? "gone" : "new");
    const said = make("span", { class: "said", lang: language, dir: "auto" });
    said.append(...(block.words ? pieces(block.words, name) : [block.text]));
    const why = [
      !about.kept && "removed",
      about.kind !== "paragraph" && about.kind.replace("_", " "),
      about.removal && about.removal.replaceAll("_", " "),
      about.rule,
      about.post,
    ].filter(Boolean).join(" · ");
    const evidence = about.evidence ? ` [${about.evidence}]` : "";
    return make("td", { class: classes.join(" "), "data-run": `Run ${name}` }, said, why || evidence ? make("span", { class: "why" }, why + evidence) : null);
  }

  // Marks what was searched for, where the browser can without touching the text.
  function highlight() {
    if (!window.Highlight || !CSS.highlights) return;
    const words = fold(controls.text.value).split(/\s+/).filter((word) => word.length > 1);
    const ranges = [];
    if (words.length) {
      const walker = document.createTreeWalker(list, NodeFilter.SHOW_TEXT);
      while (walker.nextNode() && ranges.length < 2000) {
        const text = walker.currentNode.data.toLocaleLowerCase();
        if (text.length !== walker.currentNode.data.length) continue; // folding moved the letters
        for (const word of words) {
          for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
            const range = new Range();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + word.length);
            ranges.push(range);
          }
        }
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }

  function step(by) {
    const articles = [...list.children];
    const here = articles.indexOf(document.activeElement.closest("article"));
    if (here + by >= articles.length && !more.hidden) show();
    const next = list.children[Math.max(0, here + by)];
    if (next) {
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "start" });
    }
  }

  for (const name of ["outlet", "change", "cause"]) fillIn(name);
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    if (controls[name]) controls[name].value = value;
  }
  let timer = 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", filter);
  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.target === controls.text) timer = setTimeout(filter, 150);
  });
  form.addEventListener("reset", () => setTimeout(filter));
  more.addEventListener("click", () => {
    const first = shown;
    show();
    list.children[first].focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/") controls.text.focus();
    else return;
    event.preventDefault();
  });
  filter();
})();
