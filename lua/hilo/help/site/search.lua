--- help/site/search.lua: the search of the manual's pages, which judges as hilo.help.search does.
local idle = require('hilo.help.search').idle

local script = [[
(function () {
  'use strict';
  var input = document.getElementById('words'), found = document.getElementById('found');
  var idle = new Set(IDLE);
  function wordsOf(text) {
    var all = text.toLowerCase().split(/[^a-z0-9_]+/).filter(Boolean);
    var list = all.filter(function (word) { return !idle.has(word); });
    return (list.length ? list : all).map(function (word) {
      var stem = word.length > 3 ? word.replace(/([^s])s$/, '$1') : word;
      return {word: word, stem: stem, begins: new RegExp('(^|[^a-z0-9])' + stem)};
    });
  }
  function judge(entry, words) {
    entry.missing = 0;
    entry.points = -entry.long.length / 1e5;
    words.forEach(function (one) {
      var n = entry.key === one.word ? 20 : entry.low.indexOf(one.stem) >= 0 ? 5 : 0;
      if (one.begins.test(entry.summary)) n += 6;
      n += one.begins.test(entry.long) ? 3 : entry.long.indexOf(one.stem) >= 0 ? 1 : 0;
      entry.points += n;
      if (!n) entry.missing += 1;
    });
  }
  names.forEach(function (entry) {
    entry.low = entry.n.toLowerCase();
    entry.key = entry.k || entry.low.replace(/^.*[.:]/, '');
    entry.summary = (entry.s || entry.n).toLowerCase();
    entry.long = entry.t.toLowerCase();
  });
  function note(text) {
    var item = document.createElement('li');
    item.textContent = text;
    found.append(item);
  }
  function show() {
    var words = wordsOf(input.value), least = words.length, best;
    found.textContent = '';
    if (!words.length) return;
    names.forEach(function (entry) {
      judge(entry, words);
      least = Math.min(least, entry.missing);
    });
    if (least === words.length) return note('nothing');
    best = names.filter(function (entry) { return entry.missing === least; });
    best.sort(function (a, b) { return b.points - a.points || (a.n < b.n ? -1 : 1); });
    if (least > 0) note('nothing holds all of these words; all but ' + (least === 1 ? 'one' : least) + ' are in');
    best.slice(0, 25).forEach(function (entry) {
      var item = document.createElement('li'), link = document.createElement('a'), words = document.createElement('span');
      link.href = entry.h;
      link.textContent = entry.n;
      words.textContent = entry.s;
      item.append(link, words);
      found.append(item);
    });
  }
  input.addEventListener('input', show);
  var asked = new URLSearchParams(location.search).get('q');
  if (asked) { input.value = asked; show(); }
})();
]]

local words = {}
for i, word in ipairs(idle) do words[i] = ("'%s'"):format(word) end

return (script:gsub('IDLE', '[' .. table.concat(words, ', ') .. ']'))
