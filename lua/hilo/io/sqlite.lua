--- io/sqlite.lua: SQLite databases through Debian's libsqlite3.
local ffi = require 'ffi'
local core = require 'hilo.core'

ffi.cdef [[
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
int sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int sqlite3_close_v2(sqlite3 *db);
int sqlite3_busy_timeout(sqlite3 *db, int ms);
int sqlite3_exec(sqlite3 *db, const char *sql, void *callback, void *argument, char **message);
int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int bytes, sqlite3_stmt **statement, const char **rest);
int sqlite3_finalize(sqlite3_stmt *statement);
int sqlite3_reset(sqlite3_stmt *statement);
int sqlite3_clear_bindings(sqlite3_stmt *statement);
int sqlite3_bind_parameter_count(sqlite3_stmt *statement);
int sqlite3_bind_null(sqlite3_stmt *statement, int i);
int sqlite3_bind_double(sqlite3_stmt *statement, int i, double x);
int sqlite3_bind_int64(sqlite3_stmt *statement, int i, int64_t x);
int sqlite3_bind_text(sqlite3_stmt *statement, int i, const char *text, int bytes, intptr_t destructor);
int sqlite3_step(sqlite3_stmt *statement);
int sqlite3_column_count(sqlite3_stmt *statement);
const char *sqlite3_column_name(sqlite3_stmt *statement, int i);
int sqlite3_column_type(sqlite3_stmt *statement, int i);
double sqlite3_column_double(sqlite3_stmt *statement, int i);
const char *sqlite3_column_text(sqlite3_stmt *statement, int i);
int sqlite3_column_bytes(sqlite3_stmt *statement, int i);
int64_t sqlite3_last_insert_rowid(sqlite3 *db);
int sqlite3_changes(sqlite3 *db);
const char *sqlite3_errmsg(sqlite3 *db);
]]

local OK, ROW, DONE = 0, 100, 101
local INTEGER, FLOAT, NULL = 1, 2, 5
local READ_WRITE, CREATE, READ_ONLY = 2, 4, 1
local COPY = -1 -- SQLite keeps a copy of the text
local patience_ms = 60000

local library

local function load_library()
   if library then return library end
   for _, name in ipairs {'libsqlite3.so.0', 'sqlite3'} do
      local ok, found = pcall(ffi.load, name)
      if ok then
         library = found
         return library
      end
   end
   core.raise('sweeps keep their results in SQLite, and libsqlite3 is not installed: apt-get install libsqlite3-0')
end

---@class Database
---@field path string
local Database = {}
Database.__index = Database

local sqlite = {}

--- Opens a database. Several processes of one machine may have it open; who finds it busy waits for up to a minute.
---@param path string
---@param options? {create: boolean?, read_only: boolean?}
---@return Database
function sqlite.open(path, options)
   options = options or {}
   local lib, handle = load_library(), ffi.new('sqlite3 *[1]')
   local flags = options.read_only and READ_ONLY or READ_WRITE + (options.create and CREATE or 0)
   local code = lib.sqlite3_open_v2(path, handle, flags, nil)
   local db = ffi.gc(handle[0], lib.sqlite3_close_v2)
   core.check(code == OK, '%s: cannot open the database: %s', path, ffi.string(lib.sqlite3_errmsg(db)))
   lib.sqlite3_busy_timeout(db, patience_ms)
   return setmetatable({path = path, db = db, statements = {}, depth = 0}, Database)
end

function Database:fail(what)
   core.raise(('%s: %s (%s)'):format(self.path, ffi.string(library.sqlite3_errmsg(self.db)), what))
end

--- Runs statements that take nothing and give nothing.
---@param sql string
function Database:exec(sql)
   if library.sqlite3_exec(self.db, sql, nil, nil, nil) ~= OK then self:fail(sql:sub(1, 80)) end
end

-- Statements are prepared once.
function Database:prepare(sql)
   local statement = self.statements[sql]
   if statement then return statement end
   local out = ffi.new('sqlite3_stmt *[1]')
   if library.sqlite3_prepare_v2(self.db, sql, #sql, out, nil) ~= OK then self:fail(sql:sub(1, 80)) end
   statement = ffi.gc(out[0], library.sqlite3_finalize)
   self.statements[sql] = statement
   return statement
end

local function bind(statement, i, value)
   local kind = type(value)
   if value == nil then return library.sqlite3_bind_null(statement, i) end
   if kind == 'boolean' then return library.sqlite3_bind_int64(statement, i, value and 1 or 0) end
   if kind == 'string' then return library.sqlite3_bind_text(statement, i, value, #value, COPY) end
   core.check(kind == 'number', 'sqlite: cannot store a %s', kind)
   if value % 1 == 0 and math.abs(value) < 2 ^ 53 then return library.sqlite3_bind_int64(statement, i, value) end
   return library.sqlite3_bind_double(statement, i, value)
end

local function column(statement, i)
   local kind = library.sqlite3_column_type(statement, i)
   if kind == NULL then return nil end
   if kind == INTEGER or kind == FLOAT then return library.sqlite3_column_double(statement, i) end
   local text = library.sqlite3_column_text(statement, i)
   return ffi.string(text, library.sqlite3_column_bytes(statement, i))
end

--- The rows that a statement gives.
---@param sql string with a ? for each value
---@return table<string, any>[] rows by column; NULL is nil
function Database:rows(sql, ...)
   local statement, n = self:prepare(sql), select('#', ...)
   core.check(n == library.sqlite3_bind_parameter_count(statement), 'sqlite: %d values for: %s', n, sql)
   for i = 1, n do
      if bind(statement, i, (select(i, ...))) ~= OK then self:fail(sql:sub(1, 80)) end
   end
   local rows, columns, names = {}, library.sqlite3_column_count(statement), {}
   for i = 0, columns - 1 do names[i] = ffi.string(library.sqlite3_column_name(statement, i)) end
   local code = library.sqlite3_step(statement)
   while code == ROW do
      local row = {}
      for i = 0, columns - 1 do row[names[i]] = column(statement, i) end
      rows[#rows + 1] = row
      code = library.sqlite3_step(statement)
   end
   library.sqlite3_reset(statement)
   library.sqlite3_clear_bindings(statement)
   if code ~= DONE then self:fail(sql:sub(1, 80)) end
   return rows
end

--- The first row, or nil.
function Database:row(sql, ...) return self:rows(sql, ...)[1] end

--- The one value of the first row, or nil.
function Database:value(sql, ...)
   local row = self:row(sql, ...)
   if row then return (select(2, next(row))) end
end

--- Runs a statement that changes rows.
---@return integer last_id of an INSERT, integer changed number of rows
function Database:run(sql, ...)
   self:rows(sql, ...)
   return tonumber(library.sqlite3_last_insert_rowid(self.db)), library.sqlite3_changes(self.db)
end

--- f() as a whole or, where it errors, not at all. No other process writes meanwhile. Inside of another transaction it is part of that.
---@generic T
---@param f fun(): T
---@return T
function Database:transaction(f)
   if self.depth > 0 then return f() end
   self:exec 'BEGIN IMMEDIATE'
   self.depth = 1
   local function finish(ok, ...)
      self.depth = 0
      local message = ...
      if ok then ok, message = pcall(self.exec, self, 'COMMIT') end -- it may find the disk full
      if not ok then
         library.sqlite3_exec(self.db, 'ROLLBACK', nil, nil, nil)
         error(message, 0)
      end
      return ...
   end
   return finish(pcall(f))
end

--- Closes the database; without it the collector does, at its own time, and till then others may find it busy.
function Database:close()
   for _, statement in pairs(self.statements) do library.sqlite3_finalize(ffi.gc(statement, nil)) end
   self.statements = {}
   ffi.gc(self.db, nil)
   library.sqlite3_close_v2(self.db)
   self.db = nil
end

return sqlite
