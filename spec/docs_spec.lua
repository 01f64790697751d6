--- docs_spec.lua: every public name is told about, and what examples in comments say is so.
local entries = require 'hilo.help.entries'

local function names_where(f)
   local names = {}
   for _, entry in ipairs(entries.all()) do
      local what = f(entry)
      if what then names[#names + 1] = entry.name .. (type(what) == 'string' and ': ' .. what or '') end
   end
   return names
end

describe('public names', function()
   it('have an entry each', function()
      assert.same({}, names_where(function(entry) return not entry.comment end))
   end)

   it('have an entry that says something', function()
      assert.same({}, names_where(function(entry)
         local told = #entries.text(entry) + #entry.parameters + #entry.fields + #entry.results
         return told == 0
      end))
   end)

   it('are told about in words, functions at least', function()
      assert.same({}, names_where(function(entry)
         return entry.kind == 'function' and not entries.text(entry):gsub('\1%d+', ''):match('%S')
      end))
   end)

   it('have examples that are Lua', function()
      assert.same({}, names_where(function(entry)
         for line in entries.text(entry):gmatch('[^\n]+') do -- what does not compile is left among the prose
            if line:match('^    ') and (line:match('hilo[.:]%w') or line:match('%f[%w]local ')) then return line end
         end
         return nil
      end))
   end)

   it('have a type for each parameter', function()
      assert.same({}, names_where(function(entry)
         if entry.kind ~= 'function' and entry.kind ~= 'class' then return nil end
         local described = {self = true}
         for _, parameter in ipairs(entry.parameters) do described[parameter.name] = parameter.type ~= '' end
         local missing = {}
         for name in (entry.written or ''):gmatch('[%w_.]+') do if not described[name] then missing[#missing + 1] = name end end
         return #missing > 0 and table.concat(missing, ', ')
      end))
   end)

   it('say what they return, those that do', function()
      local silent = {backward = true, collect = true, manualSeed = true, setdefaulttensortype = true, setmemorylimit = true,
         setnumthreads = true, setwinograd = true}
      assert.same({}, names_where(function(entry)
         return entry.kind == 'function' and entry.owner == '' and #entry.results == 0 and not silent[entry.name]
      end))
   end)

   it('are in a file and on a line each', function()
      assert.same({}, names_where(function(entry) return not (entry.file and entry.line) end))
   end)
end)

describe('pages', function()
   it('name only what there is', function()
      local links, pages = require 'hilo.help.site.links', require 'hilo.help.pages'
      local lost = {}
      for _, page in ipairs(pages.all()) do
         local prose = page.name == 'names' and '' or page.text:gsub('\n    [^\n]*', '')
         for code in prose:gmatch('`([^`\n]+)`') do
            local name = code:match('^[%w_.:]+')
            local is_ours = name and (name:match('^hilo%.') or name:match('^nn%.%u') or name:match('^optim%.') or name:match('^%u%w+:'))
            if is_ours and not links.of_code(name) then lost[#lost + 1] = page.name .. ': ' .. code end
         end
      end
      assert.same({}, lost)
   end)
end)
