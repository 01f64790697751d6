--- page_checks.lua: what specs ask of a page in a browser: JavaScript that defines `checks`, most of which return texts that say what
--- is wrong.
return [[
var checks = {};

checks.openAll = function () { document.querySelectorAll('details').forEach(function (part) { part.open = true; }); };

function name(element) {
  return element.tagName + (element.id ? '#' + element.id : '') + '.' + (element.getAttribute('class') || '') + ' '
    + element.textContent.trim().slice(0, 40);
}
function seen(element) {
  var box = element.getBoundingClientRect();
  return element.checkVisibility() && box.width > 0 && box.height > 0;
}

checks.overflow = function () {
  var wide = document.scrollingElement.scrollWidth - innerWidth, list = wide > 0 ? ['the page is ' + wide + ' px too wide'] : [];
  document.querySelectorAll('main *').forEach(function (element) {
    if (wide > 0 && !element.closest('.scroll') && element.getBoundingClientRect().right > innerWidth + 1) list.push(name(element));
  });
  return list;
};

// What a box that may scroll hides, where nothing can be scrolled.
checks.cut = function () {
  var list = [];
  document.querySelectorAll('.scroll, td, th, dd, pre, p, figure').forEach(function (element) {
    if (element.scrollWidth > element.clientWidth + 1) list.push(name(element));
  });
  return list;
};

checks.pictures = function () {
  var list = [];
  document.querySelectorAll('img').forEach(function (image) {
    if (!image.complete || image.naturalWidth === 0) list.push('not decoded: ' + image.alt);
    if (!image.alt) list.push('no alt');
  });
  document.querySelectorAll('figure > svg').forEach(function (svg) {
    var label = (svg.getAttribute('aria-labelledby') || '').split(' ').map(function (id) { return document.getElementById(id); });
    if (svg.getAttribute('role') !== 'img' || !label[0] || !label[0].textContent) list.push('no name: ' + name(svg));
    if (svg.getBoundingClientRect().width < 100) list.push('no width: ' + name(svg));
  });
  return list;
};

function colour(text) {
  var n = text.match(/-?[\d.]+(e-?\d+)?/g).map(Number);
  if (text.startsWith('color(srgb')) return [n[0] * 255, n[1] * 255, n[2] * 255, n.length > 3 ? n[3] : 1];
  return [n[0], n[1], n[2], n.length > 3 ? n[3] : 1];
}
function over(front, back) { return [0, 1, 2].map(function (i) { return front[i] * front[3] + back[i] * (1 - front[3]); }).concat(1); }
function ground(element) {
  var layers = [];
  for (; element; element = element.parentElement) layers.push(colour(getComputedStyle(element).backgroundColor));
  return layers.reverse().reduce(function (back, front) { return over(front, back); }, [255, 255, 255, 1]);
}
function luminance(c) {
  var v = c.slice(0, 3).map(function (x) { x /= 255; return x <= 0.04045 ? x / 12.92 : Math.pow((x + 0.055) / 1.055, 2.4); });
  return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2];
}
checks.ground = function () { return luminance(ground(document.body)); };

// Texts whose contrast is below 4.5, or 3 where they are large (WCAG 2.2, 1.4.3).
checks.contrast = function () {
  var list = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    var element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || /^(SCRIPT|STYLE|title|desc)$/.test(element.tagName) || !seen(element)) continue;
    var style = getComputedStyle(element), back = ground(element), ink = style.color;
    if (element instanceof SVGElement) ink = style.fill === 'none' ? style.color : style.fill;
    var a = luminance(over(colour(ink), back)), b = luminance(back);
    var ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), size = parseFloat(style.fontSize);
    if (ratio < (size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5)) list.push(ratio.toFixed(2) + ' ' + name(element));
  }
  return list;
};

checks.structure = function () {
  var list = [], ids = {}, level = 0;
  function one(selector) {
    var count = document.querySelectorAll(selector).length;
    if (count !== 1) list.push(count + ' of ' + selector);
  }
  ['main', 'body > header', 'nav[aria-label]', 'body > footer', 'h1', 'html[lang]', 'head > title'].forEach(one);
  document.querySelectorAll('[id]').forEach(function (element) {
    if (ids[element.id]) list.push('twice: #' + element.id);
    ids[element.id] = true;
  });
  document.querySelectorAll('h1, h2, h3, h4, h5').forEach(function (heading) {
    var now = Number(heading.tagName[1]);
    if (now > level + 1) list.push('after h' + level + ': ' + name(heading));
    level = now;
  });
  document.querySelectorAll('table').forEach(function (table) {
    if (!table.caption || !table.caption.textContent) list.push('no caption: ' + name(table));
    table.querySelectorAll('th').forEach(function (head) { if (!head.scope) list.push('no scope: ' + name(head)); });
  });
  document.querySelectorAll('[aria-labelledby]').forEach(function (element) {
    element.getAttribute('aria-labelledby').split(' ').forEach(function (id) {
      if (!ids[id]) list.push('no label: ' + name(element));
    });
  });
  document.querySelectorAll('a[href^="#"]').forEach(function (link) {
    if (!ids[link.getAttribute('href').slice(1)]) list.push('leads nowhere: ' + name(link));
  });
  return list;
};

checks.hidden = function () {
  var list = [];
  document.querySelectorAll('section, details > div, table, img, figure > svg').forEach(function (element) {
    if (!seen(element)) list.push(name(element));
  });
  return list;
};

checks.controls = function () {
  return Array.from(document.querySelectorAll('a[href], button, summary, [tabindex="0"]')).filter(seen).length;
};
checks.mark = function () {
  var element = document.activeElement, style = getComputedStyle(element);
  if (element === document.body) return 'body';
  if (element.dataset.visited) return 'again';
  element.dataset.visited = true;
  if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) return 'no outline: ' + name(element);
  return 'new';
};
checks.column = function (table, column) {
  return Array.from(document.querySelectorAll('table')[table].tBodies[0].rows).map(function (row) {
    return row.cells[column].textContent;
  });
};
]]
