--- report/script.lua: what reports do beyond what a browser does by itself: tables are sorted by the buttons in their heads, a
--- folded part opens when a link leads to it, all of them open on paper. Without it nothing is missing but that.
local script = {}

script.text = [[
(function () {
  'use strict';
  function key(row, column) {
    var cell = row.cells[column], given = cell.getAttribute('data-v');
    var text = given === null ? cell.textContent.trim() : given, number = Number(text);
    return text === '' ? null : isNaN(number) ? text : number;
  }
  function compare(a, b) {
    if (typeof a === typeof b) return typeof a === 'number' ? a - b : a.localeCompare(b);
    return typeof a === 'number' ? -1 : 1;
  }
  function sort(table, column, descending) {
    var body = table.tBodies[0], rows = Array.from(body.rows).map(function (row, i) { return [key(row, column), i, row]; });
    rows.sort(function (a, b) {
      if (a[0] === null || b[0] === null) return (a[0] === null) - (b[0] === null) || a[1] - b[1];
      return (descending ? -1 : 1) * compare(a[0], b[0]) || a[1] - b[1];
    });
    rows.forEach(function (row) { body.appendChild(row[2]); });
  }
  document.querySelectorAll('table.sortable').forEach(function (table) {
    var heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var button = document.createElement('button');
      button.type = 'button';
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener('click', function () {
        var descending = head.getAttribute('aria-sort') === 'ascending';
        heads.forEach(function (other) { other.removeAttribute('aria-sort'); });
        head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
        sort(table, column, descending);
      });
    });
  });
  function reveal() {
    var target = location.hash && document.getElementById(location.hash.slice(1));
    for (var at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
    if (target) target.scrollIntoView();
  }
  addEventListener('hashchange', reveal);
  reveal();
  addEventListener('beforeprint', function () {
    document.querySelectorAll('details').forEach(function (part) { part.open = true; });
  });
})();
]]

--- SHA-256 of the text in base64: the page allows this script and no other.
script.hash = 'j/D3FETapwgbTj4yEtAvBSGPb/A6F5GXoV27cj459QM='

return script
