"use strict";
(async function () {
  const NARROW = 560;
  // On paper, at the zoom of the styles: pictures of page one are as wide as the page, others as a column of two.
  const PRINT_WHOLE = 900, PRINT_COLUMN = 440;
  // On paper a picture leaves room for the heading above it: its usual and its greatest height.
  const PRINT_HEIGHT = 640, PRINT_TALLEST = 780;
  // Narrow pictures: width of a letter over its font size, the font size of names next to bars, and a smaller size for
  // names of at least LONG_NAME letters.
  const LETTER = 0.58, NAMES = 11, SMALL_NAMES = 10, LONG_NAME = 24;
  const CONFIG = { displayModeBar: false, responsive: false, showTips: false };
  const PICTURE_WIDTH = 1000;
  const root = document.documentElement;
  let printing = false, loaded = false;
  const WORDS = JSON.parse(document.getElementById("words").textContent);
  const charts = Array.from(document.querySelectorAll(".chart"));
  const tabs = Array.from(document.querySelectorAll(".tabs a"));
  const panels = tabs.map((tab) => document.querySelector(tab.hash));
  // Charts to draw as soon as their tab is shown.
  const stale = new Set(charts);
  tabulate();

  if (!window.DecompressionStream) {
    charts.forEach((chart) => { chart.textContent = WORDS.tooOld; });
    return;
  }

  // The list of links becomes tabs: one panel is shown, arrows move between tabs, and an anchor shows its panel.
  function tabulate() {
    const list = document.querySelector(".tabs");
    list.setAttribute("role", "tablist");
    tabs.forEach((tab, at) => {
      tab.parentElement.setAttribute("role", "presentation");
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panels[at].id);
      panels[at].setAttribute("role", "tabpanel");
      panels[at].setAttribute("aria-labelledby", tab.id);
      panels[at].tabIndex = 0;
    });
    list.addEventListener("keydown", (event) => {
      const here = tabs.indexOf(event.target), last = tabs.length - 1;
      const wanted = { ArrowRight: here === last ? 0 : here + 1, ArrowLeft: here === 0 ? last : here - 1, Home: 0,
        End: last, " ": here }[event.key];
      if (wanted === undefined) { return; }
      event.preventDefault();
      history.replaceState(null, "", tabs[wanted].hash);
      showPanel(panels[wanted]);
      tabs[wanted].focus();
    });
    window.addEventListener("hashchange", follow);
    follow();
  }

  function follow() {
    const found = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    const panel = found && found.closest(".panel");
    if (found && !panel) { return; }
    showPanel(panel || panels[0]);
    if (!found) { return; }
    if (panels.includes(found)) { window.scrollTo(0, 0); } else { found.scrollIntoView(); }
  }

  function showPanel(panel) {
    panels.forEach((one, at) => {
      one.hidden = one !== panel;
      tabs[at].setAttribute("aria-selected", String(one === panel));
      tabs[at].tabIndex = one === panel ? 0 : -1;
    });
    drawStale();
  }

  // Draws the charts that can be seen, one at a time, so that a phone stays responsive.
  function drawStale() {
    if (!loaded || printing) { return; }
    const next = charts.find((chart) => stale.has(chart) && !chart.closest("[hidden]"));
    if (!next) { root.dataset.ready = "yes"; return; }
    delete root.dataset.ready;
    stale.delete(next);
    draw(next);
    setTimeout(drawStale, 0);
  }

  async function unpacked(id) {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).text();
  }

  // plotly; the content security policy of the page has its hash.
  const library = document.createElement("script");
  library.textContent = await unpacked("library");
  document.head.append(library);
  const DATA = JSON.parse(await unpacked("data"));
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

  // Fills in the {fields} of a text.
  function said(key, values) { return WORDS[key].replace(/{(\w+)}/g, (_, name) => values[name]); }

  if (DATA.locale) {
    Plotly.register(DATA.locale);
    CONFIG.locale = DATA.locale.name;
  }

  function isMap(value) { return value !== null && typeof value === "object" && !Array.isArray(value); }

  function merged(base, patch) {
    const found = Object.assign({}, base);
    for (const [key, value] of Object.entries(patch || {})) {
      found[key] = isMap(value) && isMap(found[key]) ? merged(found[key], value) : value;
    }
    return found;
  }

  // A view is stored as its differences from the first; null removes an entry.
  function replaced(base, patch) {
    const found = Object.assign({}, base);
    for (const [key, value] of Object.entries(patch || {})) {
      if (value === null) { delete found[key]; } else { found[key] = value; }
    }
    return found;
  }

  function view(chart, key) {
    const patch = chart.views[key] || {};
    const data = patch.all || chart.base.data.map((trace, at) => replaced(trace, (patch.data || [])[at]));
    // The shared layout, also as a template: it reaches all axes.
    const own = replaced(chart.base.layout, patch.layout);
    return { data: data, layout: merged(merged(DATA.layout, own), { template: { layout: DATA.layout } }) };
  }

  function isDark() {
    if (printing) { return false; }
    const chosen = root.dataset.theme;
    return chosen ? chosen === "dark" : prefersDark.matches;
  }

  // The event before printing comes before the colours of print apply.
  const PRINTED = { "--ink": "#111", "--panel": "#f5f6f4", "--line": "#bbb" };

  function style(name) { return printing ? PRINTED[name] : getComputedStyle(root).getPropertyValue(name).trim(); }

  // plotly's texts are escaped; a text area unescapes them and never runs HTML.
  function plain(text) {
    const holder = document.createElement("textarea");
    holder.innerHTML = (text || "").replaceAll("<br>", ", ");
    return holder.value;
  }

  function labelled(element, layout) {
    return [plain(layout.title.text), element.dataset.run].filter(Boolean).join(", ");
  }

  function draw(element) {
    const chart = DATA.charts[element.dataset.chart];
    let { data, layout } = view(chart, element.dataset.view || chart.first);
    element.setAttribute("aria-label", said("numbersBelow", { picture: labelled(element, layout) }));
    const column = element.closest("section section") ? PRINT_COLUMN : PRINT_WHOLE;
    const width = printing ? column : element.clientWidth;
    const narrow = width < NARROW ? (layout.meta || {}).narrow : null;
    layout = merged(layout, { font: { color: style("--ink") }, dragmode: false, width: width,
      hoverlabel: { bgcolor: style("--panel"), bordercolor: style("--line"), font: { color: style("--ink") } } });
    if (printing && layout.height > PRINT_HEIGHT) {
      layout.height = layout.height > PRINT_TALLEST + PRINT_HEIGHT / 2 ? PRINT_TALLEST : PRINT_HEIGHT;
    }
    if (width < NARROW) { layout.font.size = 11; layout.title = merged(layout.title || {}, { font: { size: 14 } }); }
    if (width < NARROW && layout.title.text) {
      layout.title.text = wrapped(layout.title.text, 40);
      // plotly places the first of several lines higher than a single line.
      if (layout.title.text.includes("<br>")) { layout.title = merged(layout.title, { pad: { t: 20 } }); }
      layout.margin = merged(layout.margin, { t: layout.margin.t + 16 * (layout.title.text.split("<br>").length - 1) });
    }
    if (width < NARROW) {
      const longest = longestName(data, layout);
      const size = longest > LONG_NAME ? SMALL_NAMES : NAMES;
      const room = Math.max(80, width - longest * size * LETTER - 30);
      const fitted = (text, part, letter) => wrapped(text, Math.max(10, Math.floor(part * room / (letter * LETTER))));
      for (const [name, axis] of Object.entries(layout)) {
        if (name.startsWith("xaxis") && axis.title && axis.title.text) {
          const [start, end] = axis.domain || [0, 1];
          layout[name] = merged(axis, { title: { text: fitted(axis.title.text, end - start, 13) } });
        }
        if (name.startsWith("yaxis") && longest > LONG_NAME) {
          layout[name] = merged(axis, { tickfont: merged({ size: size }, axis.tickfont || {}) });
        }
      }
      data = data.map((trace) => trace.colorbar && trace.colorbar.title
        ? merged(trace, { colorbar: { title: { text: trace.colorbar.title.text.split("<br>").map((line) =>
          wrapped(line, Math.floor(width / (16 * LETTER)))).join("<br>") } } }) : trace);
      // The heading of a panel begins at its left edge.
      layout.annotations = (layout.annotations || []).map((note) => note.xref === "paper" && note.yanchor === "bottom"
        ? merged(note, { text: fitted(note.text, 1 - note.x, 13) }) : note);
    }
    if (narrow) {
      layout = merged(layout, narrow.layout);
      data = data.map((trace) => merged(trace, narrow.traces));
    }
    // Bands of a drawn cascade would fade in, and a page is printed at once.
    if (printing && data.some((trace) => trace.type === "sankey")) { Plotly.purge(element); }
    // plotly keeps and changes its arguments.
    Plotly.react(element, JSON.parse(JSON.stringify(data)), JSON.parse(JSON.stringify(layout)), CONFIG);
    align(Array.from(element.closest("figure").querySelectorAll(".chart")));
  }

  // Runs side by side get the same axis ranges, if plotly chose them.
  function align(elements) {
    if (elements.length < 2 || !elements.every((one) => one._fullLayout)) { return; }
    const ranges = new Map(elements.map((one) => [one, {}]));
    const names = new Set(elements.flatMap((one) => Object.keys(one._fullLayout)).filter((key) => /^[xy]axis[0-9]*$/.test(key)));
    for (const name of names) {
      // A picture without data has no axes.
      const own = elements.filter((one) => one._fullLayout[name] && one._fullLayout[name].visible && one.data.length);
      const axes = own.map((one) => one._fullLayout[name]);
      if (own.length < 2 || !["linear", "log"].includes(axes[0].type)) { continue; }
      if (!axes.every((axis) => axis.type === axes[0].type && axis.range && axis.range[0] < axis.range[1])) { continue; }
      // An earlier call of this function may have set the range.
      if (!own.every((one, at) => axes[at].autorange || (one.aligned || {})[name + ".range"])) { continue; }
      const range = [Math.min(...axes.map((axis) => axis.range[0])), Math.max(...axes.map((axis) => axis.range[1]))];
      own.forEach((one) => { ranges.get(one)[name + ".range"] = range; });
    }
    ranges.forEach((range, one) => { one.aligned = range; Plotly.relayout(one, range); });
  }

  // Letters of the longest name next to bars; numbers on that axis are short.
  function longestName(data, layout) {
    const listed = Object.entries(layout).filter(([key]) => key.startsWith("yaxis")).flatMap(([_, axis]) => axis.ticktext || []);
    const drawn = listed.length ? [] : data.flatMap((trace) => Array.isArray(trace.y) ? trace.y : []);
    return Math.max(4, ...[...listed, ...drawn].filter((name) => typeof name === "string")
      .flatMap((name) => plain(name.replaceAll("<br>", "\n")).split("\n")).map((name) => name.length));
  }

  function wrapped(text, most) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const last = lines.length - 1;
      if (lines[last].length + word.length > most && lines[last]) { lines.push(word); }
      else { lines[last] = lines[last] ? lines[last] + " " + word : word; }
    }
    return lines.join("<br>");
  }

  function drawAll() {
    charts.forEach((chart) => stale.add(chart));
    drawStale();
  }

  // Controls of a picture: all its plots show the same view.
  document.querySelectorAll("figure.picture").forEach((figure) => {
    const selects = Array.from(figure.querySelectorAll("select[data-key]"));
    selects.forEach((select) => select.addEventListener("change", () => {
      const key = selects.map((one) => one.value).join("|");
      figure.querySelectorAll(".chart").forEach((element) => { element.dataset.view = key; draw(element); });
    }));
  });

  // A picture to save: on white, wide enough to read, with a line that names its source.
  async function drawing(element) {
    const chart = DATA.charts[element.dataset.chart];
    const { data, layout } = view(chart, element.dataset.view || chart.first);
    const title = labelled(element, layout);
    const kept = merged(layout, { width: PICTURE_WIDTH, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff",
      font: { color: "#1d2226", size: 15 }, title: { text: escaped(title), font: { size: 19 }, pad: { l: 10, t: 8 } } });
    const made = await Plotly.toImage({ data: JSON.parse(JSON.stringify(data)), layout: kept, config: CONFIG },
      { format: "svg", width: PICTURE_WIDTH, height: layout.height });
    return Save.sourced(decodeURIComponent(made.slice(made.indexOf(",") + 1)), PICTURE_WIDTH, layout.height, sourceOf(element));
  }

  function escaped(text) { return text.replace(/[&<>]/g, (char) => "&#" + char.charCodeAt(0) + ";").replaceAll("%{", "%&#123;"); }

  function sourceOf(element) {
    const holder = element.closest("[data-source]");
    return holder ? holder.dataset.source : root.dataset.sources;
  }

  // A button that opens the formats in which a picture or table can be saved.
  function saving(place, name, label, picture, table) {
    const holder = element("div", "save", null);
    const button = element("button", "", holder, WORDS.save);
    const kinds = element("div", "kinds", holder);
    const close = (open) => { button.setAttribute("aria-expanded", String(open)); kinds.hidden = !open; };
    button.type = "button";
    button.setAttribute("aria-label", said("saveThis", { what: label() }));
    close(false);
    button.addEventListener("click", () => {
      button.setAttribute("aria-label", said("saveThis", { what: label() }));
      close(kinds.hidden);
    });
    holder.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !kinds.hidden) { close(false); button.focus(); }
    });
    const about = () => [label(), sourceOf(place)];
    const made = {
      PNG: picture && (async () => Save.png(await picture())),
      SVG: picture && (async () => Save.svg(await picture())),
      CSV: table && (async () => Save.csv(table)),
      XLSX: table && (async () => Save.xlsx(table, about(), [WORDS.table, WORDS.source])),
    };
    for (const [kind, make] of Object.entries(made)) {
      if (!make) { continue; }
      const one = element("button", "", kinds, kind);
      one.type = "button";
      one.setAttribute("aria-label", said(kind === "PNG" || kind === "SVG" ? "pictureAs" : "tableAs", { kind: kind }));
      const file = [root.dataset.file, ...name.toLowerCase().split(/[^\p{L}\p{N}]+/u)].filter(Boolean).join("-");
      one.addEventListener("click", async () => Save.file(await make(), file + "." + kind.toLowerCase()));
    }
    return holder;
  }

  // Dark and light.
  const themeButton = document.getElementById("theme");
  function labelTheme() {
    themeButton.textContent = isDark() ? WORDS.light : WORDS.dark;
    themeButton.setAttribute("aria-label", isDark() ? WORDS.lightColours : WORDS.darkColours);
  }
  themeButton.removeAttribute("aria-pressed");
  themeButton.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    labelTheme();
    drawAll();
  });
  prefersDark.addEventListener("change", () => { labelTheme(); drawAll(); });

  function element(name, className, parent, text) {
    const found = document.createElement(name);
    found.className = className;
    if (text !== undefined) { found.textContent = text; }
    if (parent) { parent.appendChild(found); }
    return found;
  }

  document.querySelectorAll(".plot").forEach((plot) => {
    const chart = plot.querySelector(".chart"), table = plot.querySelector("table"), id = chart.dataset.chart;
    // With runs side by side, file names hold the name of the run instead of its number.
    const several = plot.parentElement.children.length > 1;
    const kind = id.replace(several ? /-[0-9]+$/ : /-0$/, "");
    const name = kind + (several ? "-" + plot.querySelector(".run").textContent : "");
    const label = () => labelled(chart, view(DATA.charts[id], chart.dataset.view || DATA.charts[id].first).layout);
    plot.insertBefore(saving(plot, name, label, () => drawing(chart), table), plot.querySelector("details"));
  });
  document.querySelectorAll(".scroll").forEach((scroll) => {
    if (scroll.closest(".plot")) { return; }
    const label = scroll.getAttribute("aria-label");
    scroll.before(saving(scroll, label, () => label, null, scroll.querySelector("table")));
  });

  // The filter of the parameters.
  document.querySelectorAll("input[data-filter]").forEach((input) => {
    const holder = document.getElementById(input.dataset.filter);
    const rows = Array.from(holder.querySelectorAll("tbody tr")).map((row) => [row, row.textContent.toLowerCase()]);
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let count = 0;
      for (const [row, text] of rows) { row.hidden = !text.includes(wanted); count += row.hidden ? 0 : 1; }
      document.getElementById(holder.dataset.found).textContent = said("shown", { count: count });
    });
  });

  // Phones fold long lists, so that a picture is near.
  let wide = null;
  function fold() {
    if (wide === (window.innerWidth > NARROW)) { return; }
    wide = window.innerWidth > NARROW;
    document.querySelectorAll("details.fold").forEach((one) => { one.open = wide; });
  }

  let waiting = null;
  let before = window.innerWidth;
  window.addEventListener("resize", () => {
    if (printing || window.innerWidth === before) { return; }
    before = window.innerWidth;
    fold();
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 120);
  });
  window.addEventListener("beforeprint", () => { printing = true; charts.forEach(draw); });
  window.addEventListener("afterprint", () => { printing = false; drawAll(); });

  labelTheme();
  fold();
  loaded = true;
  drawStale();
})();
