/* What the pages need besides htmx: one stream of news a page, files dragged onto it, the choice of theme. */
(function () {
  "use strict";
  var root = document.documentElement;

  /* News: the page asks for its live parts again when something happened. A hidden tab lets go of its stream. */
  var stream = null, lost = null, late = false;
  function hear() {
    if (stream || document.hidden || !document.querySelector("[data-live]")) return;
    stream = new EventSource("/live");
    stream.addEventListener("news", tell);
    stream.onopen = function () { told(false); if (lost) { lost = null; tell(); } };
    stream.onerror = function () { lost = lost || new Date(); told(true); };
  }
  /* What a person has opened or is writing is not taken from under their hands: the news waits. */
  function busy() {
    var here = document.activeElement;
    return document.querySelector("[data-live] details[open]") ||
      (here && here.closest("[data-live]") && here.matches("input:not([type=checkbox]), select, textarea"));
  }
  function tell() {
    late = Boolean(busy());
    if (!late) htmx.trigger(document.body, "news");
  }
  ["toggle", "focusout"].forEach(function (kind) {
    document.addEventListener(kind, function () { if (late) setTimeout(tell, 50); }, true);
  });
  function still() { if (stream) { stream.close(); stream = null; } }
  function told(away) {
    var note = document.getElementById("away");
    if (note) note.hidden = !away;
  }
  document.addEventListener("visibilitychange", function () {
    if (document.hidden) { still(); } else { hear(); tell(); }
  });
  window.addEventListener("pagehide", still);
  document.addEventListener("DOMContentLoaded", hear);

  /* Theme: auto, light, dark. */
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-set-theme]");
    if (!button) return;
    var next = { "": "dark", dark: "light", light: "" }[root.dataset.theme || ""];
    root.dataset.theme = next;
    document.cookie = "theme=" + next + ";path=/;max-age=31536000;samesite=lax";
  });

  /* Files dragged onto a drop zone go into its file field, and its form goes off. */
  function zone(event) { return event.target.closest ? event.target.closest(".drop") : null; }
  ["dragover", "dragleave", "drop"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var place = zone(event);
      if (!place) return;
      event.preventDefault();
      place.classList.toggle("over", kind === "dragover");
      if (kind !== "drop" || !event.dataTransfer.files.length) return;
      var field = place.querySelector("input[type=file]");
      field.files = event.dataTransfer.files;
      send(field.form);
    });
  });
  document.addEventListener("change", function (event) {
    if (event.target.matches(".drop input[type=file]") && event.target.files.length) send(event.target.form);
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  function send(form) {
    var bar = form.querySelector("progress"), call = new XMLHttpRequest();
    if (!bar) { form.requestSubmit(); return; }
    bar.hidden = false;
    call.upload.onprogress = function (event) { if (event.lengthComputable) bar.value = event.loaded / event.total; };
    call.onload = function () {
      var place = call.getResponseHeader("x-go"), said = form.querySelector("[role=alert]");
      if (place) { location.assign(place); return; }
      bar.hidden = true;
      try { said.textContent = JSON.parse(call.responseText).title; } catch (_) { said.textContent = call.statusText; }
    };
    call.onerror = function () { bar.hidden = true; told(true); };
    call.open("POST", form.action);
    call.setRequestHeader("Accept", "application/json");
    call.setRequestHeader("X-Pipeline", "1");
    call.send(new FormData(form));
  }

  /* A page that waits for another one goes there when it is ready. */
  document.addEventListener("htmx:after:request", function (event) {
    var place = document.querySelector("[data-follow]"), sent = event.detail.ctx;
    if (place && sent && sent.response && sent.response.raw.redirected) location.assign(sent.response.raw.url);
  });

  /* A page that asks before it does. */
  document.addEventListener("submit", function (event) {
    var question = event.target.dataset.ask;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  /* Charts: the figures stand in a table; this draws them. */
  document.addEventListener("htmx:after:swap", function () {
    if (!window.uPlot) return;
    document.querySelectorAll("[data-chart]:empty").forEach(function (place) {
      var table = document.getElementById(place.dataset.chart), lines = [], names = [];
      table.querySelectorAll("thead th").forEach(function (head) { names.push(head.textContent.trim()); });
      table.querySelectorAll("tbody tr").forEach(function (row) {
        lines.push(Array.prototype.map.call(row.children, function (cell) { return Number(cell.dataset.value); }));
      });
      if (!lines.length) return;
      lines.sort(function (a, b) { return a[0] - b[0]; });
      var data = names.map(function (_, n) { return lines.map(function (line) { return line[n]; }); });
      var css = getComputedStyle(root), tone = function (name) { return css.getPropertyValue(name); };
      var probe = document.createElement("span"), colours = ["--act", "--bad", "--good", "--warn"];
      place.append(probe);
      var shade = function (name) { probe.style.color = "var(" + name + ")"; return getComputedStyle(probe).color; };
      var axis = { stroke: shade("--soft"), grid: { stroke: shade("--line") }, ticks: { stroke: shade("--line") } };
      var days = new Intl.DateTimeFormat(root.lang, { day: "2-digit", month: "short" });
      var number = new Intl.NumberFormat(root.lang);
      var chart = new uPlot({
        width: place.clientWidth, height: 240, legend: { show: true },
        scales: { x: { time: true } },
        series: [{ value: function (_, v) { return v == null ? "" : days.format(v * 1000); } }].concat(names.slice(1).map(function (name, n) {
          return { label: name, stroke: shade(colours[n % 4]), width: 2, value: function (_, v) { return v == null ? "" : number.format(v); } };
        })),
        axes: [
          Object.assign({ values: function (_, marks) { return marks.map(function (v) { return days.format(v * 1000); }); } }, axis),
          Object.assign({ size: 70, values: function (_, marks) { return marks.map(function (v) { return number.format(v); }); } }, axis),
        ],
      }, data, place);
      probe.remove();
      window.addEventListener("resize", function () { chart.setSize({ width: place.clientWidth, height: 240 }); });
    });
  });
})();
document.addEventListener("click", function (event) {
  "use strict";
  var button = event.target.closest("[data-fill]");
  if (!button) return;
  var field = document.getElementById(button.dataset.fill);
  field.value = button.dataset.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
