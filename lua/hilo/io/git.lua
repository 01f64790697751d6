--- io/git.lua: what a git working tree says of itself. Commit and branch are read from its files; which files are changed, git is
--- asked. Where there is no tree, or no git, the answer is nil.
local poll = require 'posix.poll'
local stdio = require 'posix.stdio'
local folder = require 'hilo.io.folder'
local file = require 'hilo.io.file'
local process = require 'hilo.io.process'

local git = {}

local function first_line(path) return (file.read_small(path) or ''):match('^[^\r\n]+') end

local function joined(base, path) return path:sub(1, 1) == '/' and path or base .. '/' .. path end

-- The folder that .git is, or that the file .git of a linked tree or a submodule names.
local function store_of(path)
   if folder.is_folder(path .. '/.git') then return path .. '/.git' end
   local named = (first_line(path .. '/.git') or ''):match('^gitdir: (.+)$')
   return named and joined(path, named)
end

local function is_hash(text) return text ~= nil and #text >= 40 and text:match('^%x+$') ~= nil end

local function packed(store, ref)
   local text = file.read_small(store .. '/packed-refs') or ''
   for hash, name in text:gmatch('(%x+) ([^\r\n]+)') do
      if name == ref then return hash end
   end
   return nil
end

--- The commit and the branch of the tree whose top is `path`.
---@param path string
---@return {commit: string?, branch: string?}? head branch: nil where none is checked out; commit: nil where there is none yet
function git.head(path)
   local store = store_of(path)
   local head = store and first_line(store .. '/HEAD')
   if not head then return nil end
   local ref = head:match('^ref: (.+)$')
   if not ref then return is_hash(head) and {commit = head} or nil end
   local common = first_line(store .. '/commondir')
   local shared = common and joined(store, common) or store
   local commit = first_line(store .. '/' .. ref) or first_line(shared .. '/' .. ref) or packed(shared, ref)
   return {commit = is_hash(commit) and commit or nil, branch = ref:match('^refs/heads/(.+)$')}
end

--- The top of the tree that a folder lies in.
---@param path string absolute
---@return string?
function git.top(path)
   while true do
      if store_of(path) then return path end
      local above = path:match('^(.*)/[^/]+/?$')
      if not above then return nil end
      path = above
   end
end

-- ---- changed files ----

-- It waits for nobody: it takes no lock and ends by itself.
local command = 'exec 2>/dev/null; timeout 2 git --no-optional-locks -C %s status --porcelain=v1 -z && printf whole'

---@class GitStatus
---@field pipe file*?
local Status = {}
Status.__index = Status

--- Starts to ask which files of a tree are changed.
---@param path? string a folder of it, the working folder if not given
---@return GitStatus
function git.status(path) return setmetatable({pipe = io.popen(command:format(process.quoted(path or '.')))}, Status) end

local function parsed(text)
   local list, renamed = {}, false
   if text:sub(-5) ~= 'whole' then return nil end
   for entry in text:sub(1, -6):gmatch('%Z+') do
      if renamed then
         renamed = false -- the old name
      else
         list[#list + 1] = entry
         renamed = entry:match('^[RC]') ~= nil
      end
   end
   return list
end

--- The answer, once it is there.
---@param patience number milliseconds to wait for it
---@return string[]? changed as `git status --porcelain` says it: ' M path', '?? path'; nil where there is none, or none yet
function Status:changed(patience)
   if not self.pipe or poll.rpoll(stdio.fileno(self.pipe), patience) ~= 1 then return nil end
   local text = self.pipe:read('*a')
   self.pipe:close()
   self.pipe = nil
   return parsed(text)
end

return git
