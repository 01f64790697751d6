--- sweep/store.lua: the database that keeps sweeps: one file of SQLite, each sweep a study of it.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local schema = require 'hilo.sweep.schema'
local sqlite = require 'hilo.io.sqlite'
local Study = require 'hilo.sweep.study'

local check = core.check

---@class Store
---@field db Database
---@field path string
local Store = {}
Store.__index = Store

local function has_table(db, name)
   return db:row("SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ?", name) ~= nil
end

local function prepare(db)
   db:exec 'PRAGMA foreign_keys = ON'
   -- Writers wait for each other and not for the disk: what a power cut takes are the last transactions, whole ones, and the runs'
   -- folders tell the same again.
   pcall(db.exec, db, 'PRAGMA journal_mode = WAL') -- busy where another process says the same just now
   db:exec 'PRAGMA synchronous = NORMAL'
   db:transaction(function()
      if not has_table(db, 'studies') then db:exec(schema.optuna) end
      local found = db:value 'SELECT schema_version FROM version_info'
      check(found == schema.version, '%s: it holds tables of version %s of Optuna\'s schema; this hilo knows version %d. Optuna\'s '
         .. '`optuna storage upgrade` brings an old file up to date', db.path, tostring(found), schema.version)
      db:exec(schema.own)
   end)
end

--- Opens a store, ours or one that Optuna made; what it lacks is added.
---@param path string
---@param options? {create: boolean?} create: make the file and its folder where they are missing
---@return Store
function Store.open(path, options)
   local create = options and options.create
   check(create or folder.is_file(path), 'there is no store %s; a sweep makes it, and store=... names another', path)
   local parent = path:match('^(.*)/[^/]*$')
   if create and parent and parent ~= '' then folder.make(parent) end
   local db = sqlite.open(path, {create = create})
   local ok, message = pcall(prepare, db)
   if not ok then
      db:close()
      error(message, 0)
   end
   return setmetatable({db = db, path = path}, Store)
end

--- What f(store) returns. The store is closed afterwards, also where f fails.
---@param path string
---@param f fun(store: Store): ...
---@return ... any
function Store.use(path, f)
   local store = Store.open(path)
   local function finish(ok, ...)
      store:close()
      if not ok then error((...), 0) end
      return ...
   end
   return finish(pcall(f, store))
end

--- Names of the sweeps, in the order of their making.
---@return string[]
function Store:names()
   local names = {}
   for i, row in ipairs(self.db:rows 'SELECT study_name FROM studies ORDER BY study_id') do names[i] = row.study_name end
   return names
end

--- A sweep of this store; nil where there is none of that name.
---@param name string
---@return Study?
function Store:study(name)
   local row = self.db:row('SELECT s.study_id, d.direction FROM studies s JOIN study_directions d USING (study_id) '
      .. 'WHERE study_name = ? AND objective = 0', name)
   if not row then return nil end
   local objectives = self.db:value('SELECT COUNT(*) FROM study_directions WHERE study_id = ?', row.study_id)
   check(objectives == 1, "%s: '%s' has %d objectives; a sweep has one", self.path, name, objectives)
   return Study.new(self.db, row.study_id, name, row.direction == 'MAXIMIZE' and 'max' or 'min')
end

--- The sweep of that name, made where it is missing.
---@param name string
---@param direction 'max'|'min'
---@return Study
function Store:make_study(name, direction)
   return self.db:transaction(function()
      local found = self:study(name)
      if found then return found end
      local id = self.db:run('INSERT INTO studies (study_name) VALUES (?)', name)
      self.db:run('INSERT INTO study_directions (direction, study_id, objective) VALUES (?, ?, 0)',
         direction == 'max' and 'MAXIMIZE' or 'MINIMIZE', id)
      return Study.new(self.db, id, name, direction)
   end)
end

--- Closes the file. Studies that it gave can no longer be used.
function Store:close() self.db:close() end

return Store
