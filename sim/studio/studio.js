"use strict";
(function () {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const WAIT_MS = 250;
  const [TRIES, AGAIN_MS] = [5, 1000];
  const byId = (id) => document.getElementById(id);
  const policy = { name: DATA.draft, title: "", values: {} };
  const size = { ...DATA.size };
  let others = [];
  let times = 1;  // the officers of the form are so many times what the province has; null for a typed number
  let saved = [];
  let usable = false;  // whether the server has nothing against the policy
  let why = "";  // why nothing can be run
  let checks = 0;
  let source = null;
  let study = null;  // the question whose answer is shown, what asked it, and its latest state
  let kind = "";
  let answered = null;
  let state = null;
  let busy = false;
  let named = "";  // what the policy changed before the latest change

  // Fills in the {fields} of a text.
  function said(key, values) { return DATA.words[key].replace(/{(\w+)}/g, (_, name) => values[name]); }

  function element(name, text, attributes) {
    const made = document.createElement(name);
    if (text !== undefined) { made.textContent = text; }
    for (const [key, value] of Object.entries(attributes || {})) { made.setAttribute(key, value); }
    return made;
  }

  function listed(list, lines) { list.replaceChildren(...lines.map((line) => element("li", line))); }

  async function asked(path, body) {
    let response;
    // A line that is cut for a moment, as by a laptop that is closed, is tried again.
    for (let left = TRIES; response === undefined; left -= 1) {
      try {
        response = await fetch(`${path}?language=${DATA.language}`, body === undefined ? {} : {
          method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
        });
      } catch (error) {
        if (left === 0) { throw new Error(DATA.words.lost); }
        await new Promise((done) => { setTimeout(done, AGAIN_MS); });
      }
    }
    const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
    const found = isJson ? await response.json() : await response.text();
    if (!response.ok) { throw new Error(isJson ? found.lines.join("\n") : found); }
    return found;
  }

  // The link: everything that the page holds of a policy, and the hash of its baseline.
  function fragment() {
    return `#${encodeURIComponent(JSON.stringify({ base: DATA.base, hash: DATA.fingerprint, policy, size, others }))}`;
  }

  // What a question is about: as long as it is this, the answer is that of the page.
  function asking() { return JSON.stringify([policy.name, policy.values, size, others]); }

  // A name of a file, from whatever was typed.
  function cleaned(text) {
    return text.normalize("NFKD").toLowerCase().replace(/\.ya?ml$/, "").replace(/[\u0300-\u036f]/g, "")
      .replace(/[^a-z0-9_]+/g, "-").replace(/^[-_]+|-+$/g, "").slice(0, 60);
  }

  function readFragment() {
    let found;
    try { found = JSON.parse(decodeURIComponent(location.hash.slice(1))); } catch (error) { return; }
    if (!found || typeof found.policy !== "object" || typeof found.size !== "object") { return; }
    Object.assign(policy, found.policy);
    Object.assign(size, found.size);
    others = Array.isArray(found.others) ? found.others : [];
    if (found.hash !== DATA.fingerprint) { byId("kept").textContent = said("differs", { base: found.base }); }
  }

  function levers() { return Array.from(document.querySelectorAll(".group > .lever > input, .group > .lever > select")); }

  // The value of a text that states its origin, too: {value: 3400, origin: assumed, ...}.
  function plain(text) { return text.replace(/^\{value: (.*), origin: .*\}$/s, "$1"); }

  // Puts what the policy holds into the form.
  function fill() {
    byId("name").value = policy.name;
    byId("title").value = policy.title;
    levers().forEach((one) => { one.value = plain(policy.values[one.name] || ""); });
    document.querySelectorAll(".without").forEach((one) => { one.checked = policy.values[one.value] === "null"; });
    byId("scale").value = size.scale;
    byId("pool").value = size.pool;
    byId("pairs").value = size.replicates;
    const chips = size.apart.map((name) => {
      const item = element("li");
      const button = element("button", `${name} ×`, { type: "button", "aria-label": said("remove", { what: name }) });
      button.addEventListener("click", () => { size.apart = size.apart.filter((one) => one !== name); changed(); });
      item.append(button);
      return item;
    });
    byId("apart-list").replaceChildren(...chips);
  }

  function countGroups() {
    document.querySelectorAll(".group").forEach((group) => {
      const many = Array.from(group.querySelectorAll(".lever > input, .lever > select"))
        .filter((one) => one.name in policy.values).length + group.querySelectorAll(".without:checked").length;
      const count = group.querySelector(".count");
      if (count) { count.textContent = many || ""; }
    });
    levers().forEach((one) => one.classList.toggle("changed", one.name in policy.values));
  }

  function names() {
    const own = Object.keys(policy.values).length ? [policy.name] : [];
    return [...own, ...others.filter((one) => one !== policy.name)];
  }

  function fileOf(name) { return DATA.folder + name + ".yaml"; }

  // A word of a command, in quotes if a shell would read it otherwise.
  function quoted(word) { return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'"'"'`)}'`; }

  function command() {
    const apart = size.apart.flatMap((one) => ["--apart", one]);
    return ["tocsin", "compare", DATA.base, ...names().map(fileOf), "--scale", String(size.scale), "--pool", size.pool,
      ...apart, "--replicates", String(size.replicates)].map(quoted).join(" ");
  }

  // What a button asks, as a question about the same policies.
  const QUESTIONS = {
    "": () => size,
    draws: () => ({ ...size, replicates: 1, draws: DATA.draws }),
    people: () => ({ ...size, replicates: 1, events: true }),
    whole: () => ({ ...DATA.whole, replicates: 1, large: true }),
  };

  function buttons() { return Array.from(document.querySelectorAll(".ask")); }

  async function showTimes(number) {
    for (const one of buttons()) {
      let time;
      try {
        time = (await asked("/estimate", { policies: names(), ...QUESTIONS[one.dataset.ask]() })).time;
      } catch (error) { time = error.message; }
      if (number !== checks) { return; }
      one.parentElement.querySelector(".time").textContent = time;
    }
  }

  // After every change: the link, the command, and what the server says of the policy.
  function changed() {
    const now = JSON.stringify(policy.values);
    // A province that was simulated by itself for the sake of a change is no more, once the change is gone.
    size.apart = size.apart.filter((name) => !named.includes(name) || now.includes(name));
    named = now;
    fill();
    countGroups();
    showChanges([]);
    history.replaceState(null, "", location.pathname + location.search + fragment());
    document.querySelectorAll("a.language").forEach((one) => { one.hash = fragment(); });
    showOthers();
    usable = false;
    why = DATA.words.checking;
    showState();
    const number = ++checks;
    setTimeout(() => { if (number === checks) { check(number); } }, WAIT_MS);
  }

  async function check(number) {
    let found;
    try {
      found = await asked("/check", { ...policy, ...size });
    } catch (error) {
      found = { mistakes: [{ key: "", text: error.message }], refused: [], apart: [], yaml: "", levers: [], outside: [] };
    }
    if (number !== checks) { return; }
    const wrong = [...showMistakes(found.mistakes), ...found.refused];
    listed(byId("refused"), wrong);
    listed(byId("outside"), found.outside);
    byId("apart-offers").replaceChildren(...found.apart.map((province) => {
      const button = element("button", said("apart", { province }), { type: "button" });
      button.addEventListener("click", () => {
        size.pool = "country";
        size.apart = [...size.apart, province];
        changed();
        byId("run").focus();
      });
      return button;
    }));
    byId("yaml").textContent = found.yaml;
    showChanges(found.levers);
    usable = !wrong.length && names().length > 0;
    why = wrong.length ? wrong[0] : DATA.words.nothing;
    showState();
    if (usable) { await showTimes(number); }
  }

  // What can be done now, and whether the answer is that of the policy that is shown.
  function showState() {
    const old = answered !== null && answered !== asking();
    busy = source !== null && !old;
    [byId("run"), byId("again"), ...buttons()].forEach((one) => { one.disabled = !usable || busy; });
    const isEmpty = !Object.keys(policy.values).length;
    byId("save").disabled = !usable || isEmpty;
    byId("why-run").textContent = usable ? (busy ? DATA.words.busy : "") : (byId("refused").firstChild ? "" : why);
    byId("why-save").textContent = usable ? (isEmpty ? DATA.words.nothing : "") : why;
    byId("stop").hidden = source === null;
    byId("old").hidden = !old || !("pairs" in byId("shown").dataset);
    document.body.classList.toggle("old", old);
    byId("command").textContent = state !== null && !old ? state.command : command();
    if (old && source === null) { byId("progress").textContent = ""; }
  }

  // A mistake stands at its field; all of them above the answer, in the lines that are returned.
  function showMistakes(mistakes) {
    document.querySelectorAll(".mistake").forEach((one) => { one.textContent = ""; });
    document.querySelectorAll("[aria-invalid]").forEach((one) => { one.removeAttribute("aria-invalid"); });
    const left = [];
    for (const mistake of mistakes) {
      const own = mistake.key === "name" ? byId("name") : levers().find((one) => mistake.key === one.name || mistake.key.startsWith(`${one.name}.`));
      if (own) {
        own.setAttribute("aria-invalid", "true");
        byId(`${own.id}-mistake`).textContent = mistake.text;
        if (own.closest("details.group")) { own.closest("details.group").open = true; }
      }
      left.push(mistake.key ? `${mistake.key}: ${mistake.text}` : mistake.text);
    }
    return left;
  }

  function showChanges(told) {
    const list = byId("changes");
    const keys = Object.keys(policy.values);
    if (!keys.length) { listed(list, [DATA.words.nothing]); return; }
    list.replaceChildren(...keys.map((key, at) => {
      const value = policy.values[key] === "null" ? DATA.words.removed : policy.values[key];
      const text = told.length === keys.length ? told[at] : `${key}: ${value}`;
      const item = element("li");
      item.append(element("span", text));
      const button = element("button", "×", { type: "button", "aria-label": said("remove", { what: key }) });
      button.addEventListener("click", () => { delete policy.values[key]; changed(); });
      item.append(button);
      return item;
    }));
  }

  function showOthers() {
    const rest = saved.filter((one) => one !== policy.name);
    byId("others-set").hidden = !rest.length;
    byId("others").replaceChildren(...rest.map((name) => {
      const label = element("label");
      const box = element("input", undefined, { type: "checkbox", value: name });
      box.checked = others.includes(name);
      box.disabled = !box.checked && names().length >= DATA.most;
      box.addEventListener("change", () => {
        others = box.checked ? [...others, name] : others.filter((one) => one !== name);
        changed();
      });
      label.append(box, element("span", name));
      return label;
    }));
    const chosen = element("option", byId("open").options[0].textContent, { value: "" });
    byId("open").replaceChildren(chosen, ...saved.map((name) => element("option", name, { value: name })));
  }

  async function save() {
    const found = await asked("/policies", policy);
    saved = found.policies;
    byId("kept").textContent = said("saved", { file: found.file });
    byId("download").href = `/policies/${encodeURIComponent(policy.name)}.yaml`;
    byId("download").hidden = false;
    showOthers();
  }

  function failed(error) {
    byId("progress").textContent = error.message;
  }

  async function run(what) {
    const [about, question] = [asking(), { policies: names(), ...QUESTIONS[what]() }];
    if (source !== null) { asked(`/studies/${study}/stop`, {}).catch(failed); ended(); }
    byId("progress").textContent = DATA.words.starting;
    byId("shown").replaceChildren();
    delete byId("shown").dataset.pairs;
    document.body.dataset.status = "starting";
    byId("reported").hidden = true;
    usable = false;
    [why, answered, state] = [DATA.words.busy, null, null];
    showState();
    try {
      if (Object.keys(policy.values).length) { await save(); }
      [study, kind, answered] = [(await asked("/studies", question)).study, what, about];
      sessionStorage.setItem("study", JSON.stringify([study, kind, answered]));
      watch();
    } catch (error) { failed(error); }
    usable = true;
    showState();
  }

  // The browser connects again by itself, and gets the state of then.
  function watch() {
    source = new EventSource(`/studies/${study}/events?language=${DATA.language}`);
    source.onmessage = (event) => show(JSON.parse(event.data));
    source.onerror = () => {
      const gone = source.readyState === EventSource.CLOSED;
      byId("progress").textContent = gone ? DATA.words.gone : DATA.words.lost;
      if (gone) { ended(); }
    };
    showState();
  }

  function ended() {
    if (source !== null) { source.close(); }
    source = null;
    byId("bar").hidden = true;
    showState();
  }

  function show(news) {
    state = news;
    const parts = [state.done ? said("running", state) : DATA.words.starting];
    if (state.part) { parts.push(said("part", { percent: Math.round(100 * state.part) })); }
    if (state.left) { parts.push(said("left", { time: state.left })); }
    const texts = {
      running: state.note || parts.join(" · "),
      done: said("done", state),
      stopped: DATA.words.stopped,
      failed: said("failed", { why: state.note }),
    };
    byId("progress").textContent = texts[state.status];
    byId("bar").hidden = state.status !== "running";
    byId("bar").value = state.part;
    if (state.answer && byId("shown").dataset.pairs !== String(state.done)) { showAnswer(state.answer, state.done); }
    showState();
    byId("report").href = `/studies/${study}/report?language=${DATA.language}`;
    byId("reported").hidden = !state.report || !state.done || state.status === "running";
    document.body.dataset.pairs = state.done;
    document.body.dataset.status = state.status;
    if (state.status !== "running") { ended(); }
  }

  function showAnswer(answer, done) {
    const parts = answer.policies.flatMap((one) => {
      const [first, ...rest] = one.lines;
      const title = element("h3", one.name);
      const quiet = (line) => one.unsure.includes(line) ? "line chance" : "line";
      return [title, element("p", first, { class: `headline ${quiet(first)}` }),
        ...rest.map((line) => element("p", line, { class: quiet(line) })),
        element("p", `${one.kind}.`, { class: "fine" })];
    });
    byId("shown").replaceChildren(...parts, picture(answer.policies), ...answer.policies.map(table), ...people(answer));
    byId("shown").dataset.pairs = done;
    const all = (key) => answer.policies.flatMap((one) => one[key]);
    listed(byId("power"), all("power").length ? all("power") : [DATA.words.power]);
    listed(byId("findings"), all("findings"));
    listed(byId("unpriced"), all("unpriced"));
    listed(byId("warnings"), answer.warnings);
  }

  function drawn(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value); }
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  // Differences in percent of the baseline: a dot each, and a line for its interval.
  function picture(policies) {
    const rows = policies.flatMap((one) => one.figures.filter((row) => row.base).map((row) => ({ ...row, policy: one.name })));
    const share = (row, key) => 100 * row[key] / Math.abs(row.base);
    const ends = rows.flatMap((row) => ["difference", "low", "high"].filter((key) => row[key] !== null).map((key) => share(row, key)));
    const most = Math.max(1e-9, ...ends.map(Math.abs)) * 1.1;
    const wide = Math.max(300, byId("shown").clientWidth);
    const [high, left, line] = [44 * rows.length + 40, 24, 44];
    const at = (value) => left + (wide - 2 * left) * (value + most) / (2 * most);
    const svg = drawn("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": DATA.words.picture });
    const step = 10 ** Math.floor(Math.log10(most)) * (most / 10 ** Math.floor(Math.log10(most)) > 4 ? 2 : 1);
    for (let tick = -Math.floor(most / step); tick <= Math.floor(most / step); tick += 1) {
      const x = at(tick * step);
      svg.append(drawn("line", { x1: x, x2: x, y1: 4, y2: high - 24, class: tick ? "axis" : "zero" }));
      svg.append(drawn("text", { x, y: high - 6, "text-anchor": "middle", class: "quiet" },
        `${tick > 0 ? "+" : ""}${(tick * step).toLocaleString(DATA.language, { maximumSignificantDigits: 2 })} %`));
    }
    rows.forEach((row, number) => {
      const y = line * number + 30;
      const mark = row.unsure || row.low === null ? "mark chance" : "mark";
      const name = policies.length > 1 ? `${row.name} (${row.policy})` : row.name;
      svg.append(drawn("text", { x: 0, y: y - 12 }, name + (row.unsure ? `: ${row.unsure}` : "")));
      if (row.low !== null) {
        svg.append(drawn("line", { x1: at(share(row, "low")), x2: at(share(row, "high")), y1: y, y2: y, class: mark }));
      }
      svg.append(drawn("circle", { cx: at(share(row, "difference")), cy: y, r: 5, class: mark }));
    });
    const figure = element("figure", undefined, { class: "picture" });
    figure.append(svg);
    return figure;
  }

  function table(one) {
    const words = DATA.words;
    const label = said("numbers", { policy: one.name });
    const place = element("div", undefined, { class: "scroll cards", tabindex: "0", role: "region", "aria-label": label });
    const made = element("table", undefined, { class: "numbers-table" });
    made.append(element("caption", label, { class: "unseen" }));
    const columns = [words.figure, words.baseline, words.policy, words.difference];
    const head = element("tr");
    columns.forEach((text) => head.append(element("th", text, { scope: "col" })));
    const body = element("tbody");
    for (const row of one.figures) {
      const line = element("tr", undefined, { "data-quantity": row.quantity, "data-policy": one.name });
      for (const key of ["base", "other", "difference", "low", "high"]) { line.dataset[key] = JSON.stringify(row[key]); }
      line.append(element("th", row.name, { scope: "row" }));
      const cells = [row.said.base, row.said.other, row.share ? `${row.said.difference} (${row.share})` : row.said.difference];
      cells.forEach((text, number) => line.append(element("td", text, { class: "number", "data-label": columns[number + 1] })));
      if (row.ends) { line.lastChild.append(element("small", row.ends)); }
      if (row.unsure) { line.classList.add("chance"); }
      body.append(line);
    }
    const top = element("thead");
    top.append(head);
    made.append(top, body);
    place.append(made);
    return place;
  }

  // The ways of single people, as the report shows them; nothing where no events were recorded.
  function people(answer) {
    if (!answer.people) { return []; }
    const place = element("div", undefined, { id: "people" });
    place.innerHTML = answer.people.join("");
    if (!answer.people.length) { place.append(element("p", DATA.words.nobody)); }
    return [element("h3", DATA.words.people), place];
  }

  // A value of a measure's form, as YAML within a map.
  function measureText(form) {
    const parts = [`kind: ${form.dataset.kind}`];
    form.querySelectorAll("[name]").forEach((one) => { if (one.value.trim()) { parts.push(`${one.name}: ${one.value.trim()}`); } });
    return `{${parts.join(", ")}}`;
  }

  function showOfficers(factor) {
    const found = DATA.staff[byId("province").value];
    const now = found ? found[byId("desk").value] : null;
    byId("officers-now").textContent = now === null ? "" : said("now", { value: now });
    if (now !== null) { byId("officers").value = now * factor; }
    times = factor;
  }

  byId("form").addEventListener("submit", (event) => event.preventDefault());
  levers().forEach((one) => one.addEventListener("change", () => {
    if (one.value.trim()) { policy.values[one.name] = one.value.trim(); } else { delete policy.values[one.name]; }
    changed();
  }));
  document.querySelectorAll(".without").forEach((one) => one.addEventListener("change", () => {
    if (one.checked) { policy.values[one.value] = "null"; } else { delete policy.values[one.value]; }
    changed();
  }));
  byId("name").addEventListener("change", () => {
    const typed = byId("name").value.trim();
    policy.name = cleaned(typed) || DATA.draft;
    byId("name-facts").textContent = policy.name === typed ? "" : said("cleaned", { file: fileOf(policy.name) });
    changed();
  });
  byId("title").addEventListener("change", () => { policy.title = byId("title").value.trim(); changed(); });
  document.querySelectorAll(".open").forEach((one) => one.addEventListener("change", async () => {
    const name = one.value;
    if (!name) { return; }
    try {
      Object.assign(policy, await asked(`/policies/${encodeURIComponent(name)}`));
      one.value = "";
      Object.assign(size, DATA.size);  // what another question needed is nothing to this one
      others = others.filter((other) => other !== policy.name);
      changed();
    } catch (error) { failed(error); }
  }));
  byId("desk").addEventListener("change", () => showOfficers(1));
  byId("province").addEventListener("change", () => showOfficers(1));
  byId("twice").addEventListener("click", () => showOfficers(2));
  byId("officers").addEventListener("input", () => { times = null; });
  byId("add-officers").addEventListener("click", () => {
    const [desk, province, staff] = ["desk", "province", "officers"].map((id) => byId(id).value.trim());
    if (!province || !staff) { byId("officers-now").textContent = DATA.words.choose; return; }
    const stated = times === null || times === 1 ? staff : `{times: ${times}}`;
    policy.values[`desks.${desk}.by_province.${province}`] = `{staff: ${stated}}`;
    changed();
  });
  document.querySelectorAll(".kind").forEach((one) => one.addEventListener("change", () => {
    one.parentElement.querySelectorAll(".new").forEach((form) => { form.hidden = form.dataset.kind !== one.value; });
  }));
  document.querySelectorAll(".new").forEach((form) => {
    form.querySelector(".add-measure").addEventListener("click", () => {
      const name = form.querySelector(".measure-name");
      name.value = cleaned(name.value) || name.defaultValue;
      while (`measures.${name.value}` in policy.values) { name.value += "-2"; }
      policy.values[`measures.${name.value}`] = measureText(form);
      changed();
    });
  });
  byId("scale").addEventListener("change", () => { size.scale = Number(byId("scale").value.replace(",", ".")) || 0; changed(); });
  byId("pool").addEventListener("change", () => {
    size.pool = byId("pool").value;
    if (size.pool !== "country") { size.apart = []; }
    changed();
  });
  byId("apart").addEventListener("change", () => {
    const name = byId("apart").value;
    byId("apart").value = "";
    if (name && !size.apart.includes(name)) { size.pool = "country"; size.apart = [...size.apart, name]; changed(); }
  });
  byId("pairs").addEventListener("change", () => { size.replicates = Number(byId("pairs").value) || 0; changed(); });
  byId("run").addEventListener("click", () => run(""));
  byId("again").addEventListener("click", () => run(kind));
  buttons().forEach((one) => one.addEventListener("click", () => run(one.dataset.ask)));
  byId("stop").addEventListener("click", () => { asked(`/studies/${study}/stop`, {}).catch(failed); });
  byId("save").addEventListener("click", () => { save().catch(failed); });
  const copying = (button, text) => byId(button).addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(text()); byId("kept").textContent = DATA.words.copied; } catch (error) { failed(error); }
  });
  copying("copy-command", () => byId("command").textContent);
  copying("copy-link", () => location.href);
  window.addEventListener("hashchange", () => { readFragment(); changed(); });

  const kept = location.hash ? sessionStorage.getItem("study") : null;  // the answer before a reload
  readFragment();
  asked("/policies").then((found) => {
    saved = found.policies;
    if (kept !== null) { [study, kind, answered] = JSON.parse(kept); watch(); }
    changed();
    document.documentElement.dataset.ready = "";
  }, failed);
})();
