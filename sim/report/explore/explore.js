"use strict";
(function () {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const TEXTS = DATA.texts.frame;
  const NUMBERS = DATA.numbers;
  const ROUND = 3;
  const NARROW = DATA.narrow;
  const ALONG = 48;
  const ROWS = 12;
  const HEIGHT = 118;
  const NEAR = 0.22;
  const PALEST = 0.15;
  const SVG = "http://www.w3.org/2000/svg";
  const root = document.documentElement;

  // Numbers, by the rules of sim/base/rounding.py.

  // Exact decimal digits of a double; halves round to even, as in Python.
  function fixed(value, decimals) {
    const exact = Math.abs(value).toFixed(100);
    const point = exact.length - 101;
    const all = BigInt(exact.slice(0, point) + exact.slice(point + 1));
    const unit = 10n ** BigInt(100 - decimals);
    let whole = all / unit;
    const twice = 2n * (all % unit);
    if (twice > unit || (twice === unit && whole % 2n === 1n)) { whole += 1n; }
    if (decimals < 0) { whole *= 10n ** BigInt(-decimals); }
    const digits = whole.toString().padStart(Math.max(0, decimals) + 1, "0");
    const sign = value < 0 ? "-" : "";
    return decimals > 0 ? sign + digits.slice(0, -decimals) + "." + digits.slice(-decimals) : sign + digits;
  }

  function exponent(value) { return Number(value.toExponential(20).split("e")[1]); }

  function significant(value, digits) {
    return value === 0 ? 0 : Number(fixed(value, Math.min(100, digits - 1 - exponent(value))));
  }

  function grouped(text) {
    const [whole, part] = text.split(".");
    const sets = whole.replace(/\B(?=(\d{3})+(?!\d))/g, NUMBERS.group);
    return part === undefined ? sets : sets + NUMBERS.decimal + part;
  }

  function rounded(value, digits) {
    if (value === 0) { return "0"; }
    const decimals = digits === 0 ? 0 : Math.max(0, digits - 1 - exponent(value));
    const shown = fixed(value, decimals);
    return grouped(shown.includes(".") ? shown.replace(/0+$/, "").replace(/\.$/, "") : shown);
  }

  function amount(value, digits = 3) {
    for (const [size, name] of NUMBERS.long) {
      if (Math.abs(value) >= size * (1 - 0.5 * Math.pow(10, -digits))) {
        const several = NUMBERS.several && Math.abs(value) >= NUMBERS.several_from * size ? NUMBERS.several : "";
        return rounded(value / size, digits) + name + several;
      }
    }
    return rounded(value, Math.abs(value) < 1000 ? digits : 0);
  }

  function percent(value) { return rounded(100 * value, Math.abs(value) < 0.0995 ? 2 : 3) + NUMBERS.percent; }

  function short(value) {
    for (const [size, name] of NUMBERS.short) {
      if (Math.abs(value) >= size * 0.995) { return rounded(value / size, 3) + name; }
    }
    return rounded(value, 3);
  }

  function said(template, values) {
    return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  function levelText(unit, value, digits = ROUND, write = amount) {
    if (unit === "share") { return percent(value); }
    if (unit !== "minutes") { return write(value, digits); }
    const [, size, template] = DATA.texts.waits.find(([least]) => value >= least);
    return said(template, { number: write(value / size, digits) });
  }

  function digitsOf(one) {
    const across = one.high - one.low;
    return ROUND + (across > 0 && across < NARROW * one.level ? 1 : 0);
  }

  function changeSize(unit, change) {
    const size = significant(Math.abs(unit === "share" ? 100 * change : change), ROUND);
    return unit === "minutes" ? levelText(unit, size) : amount(size);
  }

  function signed(unit, change) {
    const number = changeSize(unit, change);
    return change === 0 ? number : said(change > 0 ? TEXTS.plus : TEXTS.minus, { number: number });
  }

  // Surfaces, as in sim/experiments/surface.py.

  function likeness(outcome, at) {
    return outcome.points.map((point) => {
      let sum = 0;
      for (let lever = 0; lever < at.length; lever += 1) {
        const apart = (at[lever] - point[lever]) / outcome.lengths[lever];
        sum += apart * apart;
      }
      const scaled = Math.sqrt(5 * sum);
      return (1 + scaled + (scaled * scaled) / 3) * Math.exp(-scaled);
    });
  }

  function cholesky(matrix) {
    const lower = matrix.map((row) => row.slice());
    for (let row = 0; row < lower.length; row += 1) {
      for (let column = 0; column <= row; column += 1) {
        let sum = lower[row][column];
        for (let inner = 0; inner < column; inner += 1) { sum -= lower[row][inner] * lower[column][inner]; }
        lower[row][column] = row === column ? Math.sqrt(sum) : sum / lower[column][column];
      }
    }
    return lower;
  }

  function forward(lower, right) {
    const solved = right.slice();
    for (let row = 0; row < solved.length; row += 1) {
      for (let inner = 0; inner < row; inner += 1) { solved[row] -= lower[row][inner] * solved[inner]; }
      solved[row] /= lower[row][row];
    }
    return solved;
  }

  function dot(one, other) { return one.reduce((sum, value, at) => sum + value * other[at], 0); }

  function prepare(outcome) {
    const near = outcome.points.map((point) => likeness(outcome, point));
    near.forEach((row, at) => { row[at] += outcome.chance; });
    outcome.lower = cholesky(near);
    // Columns of the plane, solved with the triangle, and their own triangle.
    outcome.plane = outcome.slopes.map((_, column) =>
      forward(outcome.lower, outcome.points.map((point) => (column === 0 ? 1 : point[column - 1]))));
    outcome.inner = cholesky(outcome.plane.map((one) => outcome.plane.map((other) => dot(one, other))));
    outcome.presentMean = outcome.present && mean(outcome.present);
    const values = outcome.simulated.map(mean).concat(outcome.present ? [outcome.presentMean] : []);
    outcome.least = Math.min(...values);
    outcome.greatest = Math.max(...values);
  }

  function mean(values) { return values.reduce((sum, value) => sum + value, 0) / values.length; }

  function chance(values) {
    if (values.length < 2) { return 0; }
    const middle = mean(values);
    const sum = values.reduce((total, value) => total + (value - middle) * (value - middle), 0);
    return DATA.chance * Math.sqrt(sum / (values.length - 1));
  }

  function amountOf(outcome, height) {
    const value = outcome.logarithmic ? Math.exp(height) : height;
    return Math.min(Math.max(value, 0), outcome.most === null ? Infinity : outcome.most);
  }

  function interpolated(outcome, at) {
    const plane = [1, ...at];
    const near = likeness(outcome, at);
    const heights = outcome.slopes[0].map((_, replicate) =>
      plane.reduce((sum, value, row) => sum + value * outcome.slopes[row][replicate], 0) +
      near.reduce((sum, value, row) => sum + value * outcome.weights[row][replicate], 0));
    const solved = forward(outcome.lower, near);
    const rest = forward(outcome.inner, plane.map((value, column) => value - dot(outcome.plane[column], solved)));
    const spread = 1 + outcome.chance - dot(solved, solved) + dot(rest, rest);
    const half = outcome.width * outcome.deviation * Math.sqrt(Math.max(spread, 0));
    const each = heights.map((height) => amountOf(outcome, height));
    const level = mean(each);
    const middle = mean(heights);
    return { each: each, level: level, point: null,
      near: Math.min(level, amountOf(outcome, middle - half)), far: Math.max(level, amountOf(outcome, middle + half)) };
  }

  function simulatedAt(outcome, at) {
    const row = outcome.points.findIndex((point) => point.every((one, lever) => Math.abs(one - at[lever]) <= DATA.same));
    if (row < 0) { return null; }
    const each = outcome.simulated[row];
    const level = mean(each);
    return { each: each, level: level, near: level, far: level, point: outcome.numbers[row] };
  }

  function withIntervals(outcome, found) {
    const most = outcome.most === null ? Infinity : outcome.most;
    const below = found.level - found.near;
    const above = found.far - found.level;
    const by = chance(found.each);
    const estimate = { level: found.level, point: found.point, more: null, moreLow: null, moreHigh: null,
      low: Math.max(found.level - Math.hypot(below, by), 0), high: Math.min(found.level + Math.hypot(above, by), most) };
    if (outcome.present !== null) {
      const apart = found.each.map((value, replicate) => value - outcome.present[replicate]);
      const pairs = chance(apart);
      estimate.more = mean(apart);
      estimate.moreLow = estimate.more - Math.hypot(below, pairs);
      estimate.moreHigh = estimate.more + Math.hypot(above, pairs);
    }
    return estimate;
  }

  function estimateAt(outcome, at) { return withIntervals(outcome, simulatedAt(outcome, at) || interpolated(outcome, at)); }

  // Texts of an estimate.

  function ranged(outcome, one) {
    const [level, low, high] = [one.level, one.low, one.high].map((value) => levelText(outcome.unit, value, digitsOf(one)));
    return one.low === one.high ? level : said(TEXTS.ranged, { level: level, low: low, high: high });
  }

  function intervalText(outcome, one) {
    if (one.low === one.high) { return one.point === null ? "" : TEXTS.one_seed; }
    const [low, high] = [one.low, one.high].map((value) => levelText(outcome.unit, value, digitsOf(one)));
    return said(TEXTS.interval, { low: low, high: high });
  }

  function changeText(outcome, one) {
    if (one.more === null) { return ""; }
    if (one.more === 0) { return TEXTS.same; }
    const text = said(DATA.texts.changes[outcome.unit][one.more < 0 ? 1 : 0], { change: changeSize(outcome.unit, one.more) });
    if (outcome.unit === "share" || !outcome.presentMean) { return text; }
    const share = said(one.more > 0 ? TEXTS.plus : TEXTS.minus, { number: percent(Math.abs(one.more / outcome.presentMean)) });
    return said(TEXTS.relative, { change: text, share: share });
  }

  function changeInterval(outcome, one) {
    if (one.more === null || one.moreLow === one.moreHigh) { return ""; }
    const text = isUnsure(one) ? TEXTS.unsure : TEXTS.interval;
    return said(text, { low: signed(outcome.unit, one.moreLow), high: signed(outcome.unit, one.moreHigh) });
  }

  function isUnsure(one) {
    return one.more !== null && one.moreLow < one.moreHigh && one.moreLow <= 0 && one.moreHigh >= 0;
  }

  function sentence(outcome, one) {
    const [more, less, same, alone, unsure] = DATA.texts.sentences[outcome.name];
    const moved = one.more === 0 ? same : one.more > 0 ? more : less;
    const template = one.more === null ? alone : isUnsure(one) ? unsure : moved;
    return said(template, { level: ranged(outcome, one), change: one.more === null ? "" : changeSize(outcome.unit, one.more) });
  }

  // The page.

  DATA.outcomes.forEach(prepare);
  const sliders = DATA.levers.map((_, lever) => document.getElementById("lever-" + lever));
  const outputs = DATA.levers.map((_, lever) => document.getElementById("lever-" + lever + "-said"));
  const along = document.getElementById("along");
  const scale = document.getElementById("scale");
  const cards = DATA.outcomes.map((outcome) => document.querySelector('[data-outcome="' + outcome.name + '"]'));
  const curveNumbers = document.getElementById("curve-numbers");
  const steps = DATA.start.slice();

  function setting() { return DATA.levers.map((lever, at) => lever.at[steps[at]]); }

  function settingText() {
    return DATA.levers.map((lever, at) => said(TEXTS.setting, { name: lever.name, value: lever.said[steps[at]] })).join(TEXTS.separator);
  }

  function nearest(at) {
    let found = null;
    for (const point of DATA.points) {
      const apart = Math.hypot(...point.at.map((one, lever) => one - at[lever]));
      if (found === null || apart < found.apart) { found = { point: point, apart: apart }; }
    }
    return found;
  }

  function showCard(card, outcome, one) {
    card.querySelector(".level").textContent = levelText(outcome.unit, one.level, digitsOf(one));
    card.querySelector(".interval").textContent = intervalText(outcome, one);
    const change = card.querySelector(".change");
    change.textContent = changeText(outcome, one);
    change.classList.toggle("unsure", isUnsure(one));
    card.querySelector(".change-interval").textContent = changeInterval(outcome, one);
  }

  function made(parent, name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    if (text !== undefined) { element.textContent = text; }
    parent.append(element);
    return element;
  }

  function drawCurve(holder, outcome, at, one) {
    const lever = Number(along.value);
    const axis = DATA.levers[lever];
    const width = Math.max(holder.clientWidth, 160);
    const [left, right, top, bottom] = [58, width - 8, 8, HEIGHT - 20];
    const places = Array.from({ length: ALONG + 1 }, (_, step) => step / ALONG);
    const curve = places.map((place) => {
      const moved = at.slice();
      moved[lever] = place;
      return withIntervals(outcome, interpolated(outcome, moved));
    });
    const shown = scale.value === "curve" ? curve.flatMap((place) => [place.low, place.high]).concat([one.low, one.high]) : [];
    if (scale.value === "curve" && outcome.present) { shown.push(outcome.presentMean); }
    let least = scale.value === "zero" ? 0 : scale.value === "curve" ? Math.min(...shown) : outcome.least;
    let greatest = scale.value === "curve" ? Math.max(...shown) : outcome.greatest;
    if (greatest === least) { greatest = least + (Math.abs(least) || 1) / 10; }
    const room = 0.06 * (greatest - least);
    const x = (place) => left + place * (right - left);
    const y = (value) => bottom - ((value - least + room) / (greatest - least + 2 * room)) * (bottom - top);
    const line = (values) => values.map((value, step) => x(places[step]).toFixed(1) + "," + y(value).toFixed(1));
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 " + width + " " + HEIGHT);
    svg.setAttribute("aria-hidden", "true");
    const clip = "clip-" + outcome.name;
    const area = { x: left, y: top - 4, width: right - left, height: bottom - top + 8 };
    made(made(svg, "clipPath", { id: clip }), "rect", area);
    made(svg, "path", { class: "frame", d: "M" + left + "," + (top - 4) + "V" + (bottom + 4) + "H" + right });
    const inside = made(svg, "g", { "clip-path": "url(#" + clip + ")" });
    if (outcome.present) {
      made(inside, "line", { class: "base", x1: left, x2: right, y1: y(outcome.presentMean), y2: y(outcome.presentMean) });
    }
    const [lows, highs] = [line(curve.map((place) => place.low)), line(curve.map((place) => place.high))];
    made(inside, "path", { class: "band", d: "M" + lows.concat(highs.reverse()).join("L") + "Z" });
    made(inside, "path", { class: "line", d: "M" + line(curve.map((place) => place.level)).join("L") });
    outcome.points.forEach((point, row) => {
      const apart = Math.hypot(...point.map((value, other) => (other === lever ? 0 : value - at[other])));
      const ink = Math.exp(-0.5 * (apart / NEAR) * (apart / NEAR));
      if (ink < PALEST) { return; }
      const value = mean(outcome.simulated[row]);
      made(inside, "circle", { class: "dot", cx: x(point[lever]), cy: y(value), r: 2.6, opacity: ink.toFixed(2) });
    });
    made(inside, "line", { class: "here", x1: x(at[lever]), x2: x(at[lever]), y1: y(one.high), y2: y(one.low) });
    made(svg, "circle", { class: "now", cx: x(at[lever]), cy: y(one.level), r: 5 });
    if (axis.present !== null) {
      const place = x(axis.present);
      made(svg, "path", { class: "present", d: "M" + (place - 5) + "," + (bottom + 11) + "h10l-5,-7z" });
    }
    const small = (value) => levelText(outcome.unit, value, ROUND, short);
    made(svg, "text", { x: left - 5, y: y(greatest) + 4, "text-anchor": "end" }, small(greatest));
    made(svg, "text", { x: left - 5, y: y(least) + 4, "text-anchor": "end" }, small(least));
    made(svg, "text", { x: left, y: HEIGHT - 4 }, axis.said[0]);
    made(svg, "text", { x: right, y: HEIGHT - 4, "text-anchor": "end" }, axis.said[axis.said.length - 1]);
    holder.replaceChildren(svg);
    holder.setAttribute("aria-label", said(TEXTS.curve, {
      outcome: outcome.said, lever: axis.name, low: axis.said[0], high: axis.said[axis.said.length - 1],
      first: levelText(outcome.unit, curve[0].level), last: levelText(outcome.unit, curve[ALONG].level),
      here: levelText(outcome.unit, one.level), value: axis.said[steps[lever]],
    }));
  }

  function row(cells, head) {
    const element = document.createElement("tr");
    cells.forEach((text, at) => {
      const cell = document.createElement(head || at === 0 ? "th" : "td");
      if (head || at === 0) { cell.scope = head ? "col" : "row"; } else { cell.className = "number"; }
      cell.textContent = text;
      element.append(cell);
    });
    return element;
  }

  // The slider steps in the table: some at even distances, and the current one.
  function tableSteps(lever) {
    const last = DATA.levers[lever].at.length - 1;
    const rows = Math.min(ROWS, last + 1);
    const found = new Set(Array.from({ length: rows }, (_, at) => Math.round((at * last) / Math.max(1, rows - 1))));
    return Array.from(found.add(steps[lever])).sort((one, other) => one - other);
  }

  function fillCurveTable() {
    if (!curveNumbers.open) { return; }
    const lever = Number(along.value);
    const table = document.getElementById("curve-table");
    table.tHead.replaceChildren(row([DATA.levers[lever].name, ...DATA.outcomes.map((outcome) => outcome.said)], true));
    table.tBodies[0].replaceChildren(...tableSteps(lever).map((step) => {
      const at = setting();
      at[lever] = DATA.levers[lever].at[step];
      return row([DATA.levers[lever].said[step], ...DATA.outcomes.map((outcome) => ranged(outcome, estimateAt(outcome, at)))], false);
    }));
  }

  function showNearest(at, estimates) {
    const { point, apart } = nearest(at);
    const template = apart <= DATA.same ? TEXTS.this : TEXTS.nearest;
    document.getElementById("nearest-said").textContent = said(template, { point: point.number, catalogue: DATA.catalogue });
    const rows = DATA.levers.map((lever, number) => row([lever.name, lever.said[steps[number]], point.said[number]], false));
    DATA.outcomes.forEach((outcome, number) => {
      const place = outcome.numbers.indexOf(point.number);
      const there = place < 0 ? "" : levelText(outcome.unit, mean(outcome.simulated[place]));
      rows.push(row([outcome.said, ranged(outcome, estimates[number]), there], false));
    });
    document.querySelector("#nearest-table tbody").replaceChildren(...rows);
    const quoted = (text) => (/^[\w.+=-]+$/.test(text) ? text : "'" + text + "'");
    document.getElementById("command").textContent = DATA.command +
      DATA.levers.map((lever, number) => " --set " + quoted(lever.key + "=" + lever.values[steps[number]])).join("");
  }

  function fragment() {
    return "#" + DATA.levers.map((lever, at) => encodeURIComponent(lever.key) + "=" + encodeURIComponent(lever.values[steps[at]])).join("&");
  }

  let waiting = null;
  function keepFragment() {
    document.getElementById("link").href = fragment();
    clearTimeout(waiting);
    // Browsers limit how often a page changes its address.
    waiting = setTimeout(() => {
      try { history.replaceState(null, "", fragment()); } catch (error) { /* the link has it */ }
    }, 250);
  }

  // The step of a lever that a text gives, by value or by number; -1 if it gives none.
  function stepOf(lever, text) {
    const exact = lever.values.indexOf(text);
    if (exact >= 0) { return exact; }
    const number = Number.parseFloat(text);
    if (Number.isNaN(number) || text.replace(/^[-+\d._eE]+/, "").trim() !== lever.unit) { return -1; }
    let best = 0;
    lever.numbers.forEach((value, at) => { if (Math.abs(value - number) < Math.abs(lever.numbers[best] - number)) { best = at; } });
    return best;
  }

  function readFragment() {
    let found = false;
    for (const part of location.hash.slice(1).split("&")) {
      const [key, ...rest] = part.split("=");
      try {
        const lever = DATA.levers.findIndex((one) => one.key === decodeURIComponent(key));
        const step = lever < 0 ? -1 : stepOf(DATA.levers[lever], decodeURIComponent(rest.join("=")));
        if (step >= 0) { steps[lever] = step; found = true; }
      } catch (error) { /* not a fragment of this page */ }
    }
    return found;
  }

  function say(estimates) {
    const told = DATA.outcomes.map((outcome, at) => [outcome, estimates[at]]).filter(([outcome]) => outcome.name in DATA.texts.sentences);
    document.getElementById("setting").textContent = settingText();
    document.getElementById("sentences").textContent = told.map(([outcome, one]) => sentence(outcome, one)).join(" ");
  }

  function show() {
    const at = setting();
    const estimates = DATA.outcomes.map((outcome) => estimateAt(outcome, at));
    DATA.levers.forEach((lever, number) => {
      sliders[number].value = String(steps[number]);
      sliders[number].setAttribute("aria-valuetext", lever.said[steps[number]]);
      outputs[number].textContent = lever.said[steps[number]];
    });
    DATA.outcomes.forEach((outcome, number) => {
      showCard(cards[number], outcome, estimates[number]);
      drawCurve(cards[number].querySelector(".curve"), outcome, at, estimates[number]);
    });
    say(estimates);
    showNearest(at, estimates);
    fillCurveTable();
  }

  let drawing = null;
  function showSoon() {
    if (drawing === null) { drawing = requestAnimationFrame(() => { drawing = null; show(); }); }
  }

  sliders.forEach((slider, lever) => {
    slider.disabled = false;
    slider.addEventListener("input", () => {
      steps[lever] = Number(slider.value);
      along.value = String(lever);
      keepFragment();
      showSoon();
    });
  });
  const reset = document.getElementById("reset");
  [along, scale, reset].forEach((control) => { control.disabled = false; });
  reset.addEventListener("click", () => {
    DATA.start.forEach((step, lever) => { steps[lever] = step; });
    keepFragment();
    show();
  });
  along.addEventListener("change", show);
  scale.addEventListener("change", show);
  curveNumbers.addEventListener("toggle", fillCurveTable);
  window.addEventListener("hashchange", () => { if (readFragment()) { show(); } });
  let before = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === before) { return; }
    before = window.innerWidth;
    showSoon();
  });

  // Dark and light.
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const themeButton = document.getElementById("theme");
  function isDark() { return root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches; }
  function labelTheme() {
    themeButton.hidden = false;
    themeButton.textContent = isDark() ? TEXTS.light : TEXTS.dark;
    themeButton.setAttribute("aria-label", isDark() ? TEXTS.light_colours : TEXTS.dark_colours);
  }
  themeButton.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    labelTheme();
  });
  prefersDark.addEventListener("change", labelTheme);

  labelTheme();
  readFragment();
  document.getElementById("link").href = fragment();
  show();
  // For tests and readers who need the numbers.
  window.tocsin = { outcomes: DATA.outcomes, estimate: estimateAt, amount: amount, percent: percent, short: short, significant: significant };
  root.dataset.ready = "yes";
})();
