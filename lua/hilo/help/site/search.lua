--- help/site/search.lua: the search of the manual's pages: all of the words have to be in a name's texts, as in help.search.
return [[
(function () {
  'use strict';
  var words = document.getElementById('words'), found = document.getElementById('found');
  function score(entry, list) {
    var points = 0;
    for (var i = 0; i < list.length; i++) {
      var word = list[i], one = 0;
      if (entry.key === word) one += 20;
      else if (entry.low.indexOf(word) >= 0) one += 8;
      if (entry.all.indexOf(word) >= 0) one += 2;
      if (!one) return 0;
      points += one;
    }
    return points - entry.all.length / 1e5;
  }
  names.forEach(function (entry) {
    entry.low = entry.n.toLowerCase();
    entry.key = entry.low.replace(/^.*[.:]/, '');
    entry.all = (entry.n + ' ' + entry.s + ' ' + entry.t).toLowerCase();
  });
  function show() {
    var list = words.value.toLowerCase().split(/[^\w]+/).filter(Boolean), best = [];
    found.textContent = '';
    if (!list.length) return;
    names.forEach(function (entry) {
      var points = score(entry, list);
      if (points > 0) best.push([points, entry]);
    });
    best.sort(function (a, b) { return b[0] - a[0]; });
    best.slice(0, 25).forEach(function (pair) {
      var item = document.createElement('li'), link = document.createElement('a'), words = document.createElement('span');
      link.href = pair[1].h;
      link.textContent = pair[1].n;
      words.textContent = pair[1].s;
      item.append(link, words);
      found.append(item);
    });
    if (!best.length) {
      var none = document.createElement('li');
      none.textContent = 'nothing';
      found.append(none);
    }
  }
  words.addEventListener('input', show);
  var asked = new URLSearchParams(location.search).get('q');
  if (asked) { words.value = asked; show(); }
})();
]]
