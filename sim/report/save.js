"use strict";
// Saves tables as CSV and XLSX and pictures as SVG and PNG, in the page, without a network.
const Save = (function () {
  const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  const OFFICE = "http://schemas.openxmlformats.org/";
  const MAIN = OFFICE + "spreadsheetml/2006/main";
  const RELATIONS = OFFICE + "officeDocument/2006/relationships";
  const PACKAGE = OFFICE + "package/2006/";
  const SVG = "http://www.w3.org/2000/svg";
  // XML allows no other control characters.
  const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
  // Spreadsheets read a text with such a beginning as a formula.
  const FORMULA = /^[=+\-@\t\r]/;
  const DIGITS = /^-?\d+(\.\d+)?(e[-+]?\d+)?$/;
  const PERCENT = /%$/, PERCENT_BESIDE = /%\)$/;
  const GENERAL = 0, HEADING = 1, SHARE = 2;
  const WIDEST = 60;

  function xml(text) {
    const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
    return text.replace(CONTROLS, "").replace(/[&<>"]/g, (char) => named[char]);
  }

  // A table as rows of texts and numbers: [{ value, share }], null for a missing number.
  function contents(table) {
    const head = Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent);
    const rows = Array.from(table.tBodies[0].rows, (row) => Array.from(row.cells, told));
    const columns = [];
    head.forEach((name, at) => {
      const cells = rows.map((row) => row[at]);
      const labels = Array.from(new Set(cells.flatMap((cell) => Object.keys(cell.further))));
      // Of an interval, only the ends are numbers.
      const own = !labels.length || cells.some((cell) => cell.value !== null && cell.value !== "");
      if (own) { columns.push({ name: name, cells: cells }); }
      labels.forEach((further) => columns.push({
        name: name + ", " + further,
        cells: cells.map((cell) => ({ value: further in cell.further ? cell.further[further] : null, share: cell.second })),
      }));
    });
    return columns;
  }

  function told(cell) {
    const text = cell.textContent.trim();
    const further = cell.dataset.further ? JSON.parse(cell.dataset.further) : {};
    if (!cell.matches(".number")) { return { value: text, further: further }; }
    const number = cell.dataset.value === undefined ? text : cell.dataset.value;
    const shares = { share: PERCENT.test(text), second: PERCENT_BESIDE.test(text) };
    return Object.assign({ value: number === "" ? null : Number(number), further: further }, shares);
  }

  // CSV by RFC 4180, with a mark that tells Excel it is UTF-8.
  function csv(table) {
    const columns = contents(table);
    const lines = [columns.map((column) => quoted(column.name))];
    for (let row = 0; row < columns[0].cells.length; row += 1) {
      lines.push(columns.map((column) => quoted(column.cells[row].value)));
    }
    return new Blob(["\ufeff" + lines.map((line) => line.join(",") + "\r\n").join("")], { type: "text/csv;charset=utf-8" });
  }

  function quoted(value) {
    if (value === null) { return ""; }
    if (typeof value === "number") { return String(value); }
    const text = FORMULA.test(value) && !DIGITS.test(value) ? "'" + value : value;
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  }

  // A workbook with a sheet for the table and one for its source; `about` has the texts, `names` the names of the sheets.
  function xlsx(table, about, names) {
    const columns = contents(table);
    const rows = [columns.map((column) => textCell(column.name, HEADING))];
    for (let row = 0; row < columns[0].cells.length; row += 1) {
      rows.push(columns.map((column) => cellXml(column.cells[row])));
    }
    const widths = columns.map((column) => Math.min(WIDEST, 2 + Math.max(
      ...[column.name, ...column.cells.map((cell) => typeof cell.value === "string" ? cell.value : "0".repeat(10))]
        .map((text) => Array.from(text).reduce((sum, char) => sum + (char.codePointAt(0) > 0x2e7f ? 2 : 1), 0)))));
    const sheets = [sheet(rows, widths, true), sheet(about.map((text) => [textCell(text, GENERAL)]), [WIDEST], false)];
    const numbers = sheets.map((_, at) => at + 1);
    const style = (format, bold) => '<xf numFmtId="' + format + '" fontId="' + bold + '" fillId="0" borderId="0" xfId="0"' +
      (format ? ' applyNumberFormat="1"' : "") + (bold ? ' applyFont="1"' : "") + "/>";
    const files = {
      "[Content_Types].xml": '<Types xmlns="' + PACKAGE + 'content-types">' +
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
        '<Default Extension="xml" ContentType="application/xml"/>' +
        overriding("/xl/workbook.xml", "sheet.main") + overriding("/xl/styles.xml", "styles") +
        numbers.map((at) => overriding("/xl/worksheets/sheet" + at + ".xml", "worksheet")).join("") + "</Types>",
      "_rels/.rels": relations([["officeDocument", "xl/workbook.xml"]]),
      "xl/workbook.xml": '<workbook xmlns="' + MAIN + '" xmlns:r="' + RELATIONS + '"><sheets>' +
        numbers.map((at) => '<sheet name="' + xml(names[at - 1]) + '" sheetId="' + at + '" r:id="rId' + at + '"/>').join("") +
        "</sheets></workbook>",
      "xl/_rels/workbook.xml.rels": relations([
        ...numbers.map((at) => ["worksheet", "worksheets/sheet" + at + ".xml"]), ["styles", "styles.xml"]]),
      "xl/styles.xml": '<styleSheet xmlns="' + MAIN + '">' +
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>' +
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
        '<cellXfs count="3">' + style(0, 0) + style(0, 1) + style(10, 0) + '</cellXfs>' +
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    };
    sheets.forEach((text, at) => { files["xl/worksheets/sheet" + (at + 1) + ".xml"] = text; });
    return new Blob([zip(files)], { type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" });
  }

  function overriding(part, kind) {
    return '<Override PartName="' + part + '" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.' +
      kind + '+xml"/>';
  }

  function relations(list) {
    return '<Relationships xmlns="' + PACKAGE + 'relationships">' + list.map(([kind, target], at) =>
      '<Relationship Id="rId' + (at + 1) + '" Type="' + RELATIONS + "/" + kind + '" Target="' + target + '"/>').join("") +
      "</Relationships>";
  }

  function sheet(rows, widths, frozen) {
    const pane = '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" ' +
      'state="frozen"/></sheetView></sheetViews>';
    return '<worksheet xmlns="' + MAIN + '">' + (frozen ? pane : "") + "<cols>" + widths.map((width, at) =>
      '<col min="' + (at + 1) + '" max="' + (at + 1) + '" width="' + width + '" customWidth="1"/>').join("") + "</cols>" +
      "<sheetData>" + rows.map((row, line) => '<row r="' + (line + 1) + '">' +
        row.map((cell, at) => '<c r="' + letters(at) + (line + 1) + '"' + cell.slice(2)).join("") + "</row>").join("") +
      "</sheetData></worksheet>";
  }

  // A column by its number from 0: A to Z, AA and so on.
  function letters(at) { return (at >= 26 ? letters(Math.floor(at / 26) - 1) : "") + String.fromCharCode(65 + at % 26); }

  function cellXml(cell) {
    if (cell.value === null) { return "<c/>"; }
    if (typeof cell.value === "string") { return textCell(cell.value, GENERAL); }
    return '<c s="' + (cell.share ? SHARE : GENERAL) + '"><v>' + cell.value + "</v></c>";
  }

  function textCell(text, style) {
    return '<c t="inlineStr" s="' + style + '"><is><t xml:space="preserve">' + xml(text) + "</t></is></c>";
  }

  // A zip archive without compression; all its times are the first that zip knows.
  function zip(files) {
    const encoder = new TextEncoder();
    const parts = [], directory = [];
    let offset = 0;
    for (const [name, text] of Object.entries(files)) {
      const path = encoder.encode(name), bytes = encoder.encode(XML + text);
      // Version, flags (names are UTF-8), method, time, date, checksum, sizes, lengths of name and extra.
      const about = numbers([2, 20], [2, 0x0800], [2, 0], [2, 0], [2, 0x21], [4, checksum(bytes)], [4, bytes.length],
        [4, bytes.length], [2, path.length], [2, 0]);
      const local = [numbers([4, 0x04034b50]), about, path, bytes];
      directory.push(numbers([4, 0x02014b50], [2, 20]), about, numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), path);
      parts.push(...local);
      offset += size(local);
    }
    const count = Object.keys(files).length;
    const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size(directory)], [4, offset], [2, 0]);
    const found = new Uint8Array(offset + size(directory) + end.length);
    let at = 0;
    for (const part of [...parts, ...directory, end]) { found.set(part, at); at += part.length; }
    return found;
  }

  function size(parts) { return parts.reduce((sum, part) => sum + part.length, 0); }

  // Unsigned little-endian numbers of a given size in bytes.
  function numbers(...list) {
    return Uint8Array.from(list.flatMap(([bytes, value]) => Array.from({ length: bytes }, (_, at) => (value >>> (8 * at)) & 255)));
  }

  let sums = null;

  // CRC-32 for zip.
  function checksum(bytes) {
    sums = sums || Uint32Array.from({ length: 256 }, (_, start) => {
      let sum = start;
      for (let bit = 0; bit < 8; bit += 1) { sum = sum & 1 ? 0xedb88320 ^ (sum >>> 1) : sum >>> 1; }
      return sum;
    });
    let found = 0xffffffff;
    for (const byte of bytes) { found = sums[(found ^ byte) & 255] ^ (found >>> 8); }
    return (found ^ 0xffffffff) >>> 0;
  }

  // Puts a drawing, the text of an SVG, on white with a line below that names its source.
  function sourced(drawing, width, height, source) {
    const inner = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
    const size = 13, line = 18, letters = Math.max(20, Math.floor((width - 20) / (size * 0.56)));
    const lines = broken(source, letters);
    const whole = height + 12 + line * lines.length;
    const outer = document.createElementNS(SVG, "svg");
    const set = (element, attributes) => {
      for (const [key, value] of Object.entries(attributes)) { element.setAttribute(key, value); }
      return element;
    };
    set(outer, { width: width, height: whole, viewBox: "0 0 " + width + " " + whole });
    outer.append(set(document.createElementNS(SVG, "rect"), { width: width, height: whole, fill: "#ffffff" }));
    outer.append(set(document.importNode(inner, true), { x: 0, y: 0, width: width, height: height }));
    lines.forEach((text, at) => {
      const note = set(document.createElementNS(SVG, "text"), { x: 10, y: height + line * (at + 0.8), "font-size": size,
        "font-family": "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif", fill: "#4d5760" });
      note.textContent = text;
      outer.append(note);
    });
    return { text: XML + new XMLSerializer().serializeToString(outer), width: width, height: whole };
  }

  // Breaks words into lines; texts without spaces, such as Chinese, break between letters.
  function broken(text, most) {
    const lines = [""];
    for (const word of text.split(" ").flatMap((one) => one.match(new RegExp(".{1," + most + "}", "gu")) || [""])) {
      const last = lines.length - 1;
      if (lines[last] && lines[last].length + word.length >= most) { lines.push(word); }
      else { lines[last] = lines[last] ? lines[last] + " " + word : word; }
    }
    return lines;
  }

  function svg(drawing) { return new Blob([drawing.text], { type: "image/svg+xml" }); }

  // Twice the resolution of the drawing, for sharp prints.
  async function png(drawing) {
    const scale = 2;
    const url = URL.createObjectURL(svg(drawing));
    try {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = drawing.width * scale;
      canvas.height = drawing.height * scale;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      return await new Promise((done) => canvas.toBlob(done, "image/png"));
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  function file(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  return { csv: csv, xlsx: xlsx, sourced: sourced, svg: svg, png: png, file: file };
})();
