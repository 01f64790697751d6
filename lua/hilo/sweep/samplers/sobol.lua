--- sweep/samplers/sobol.lua: the Sobol sequence, whose points fill the space more evenly than random ones do. The seed scrambles its
--- binary digits (Matousek, On the L2-discrepancy for anchored boxes, 1998): each point is then uniformly distributed, and they
--- remain as evenly spread. A configuration depends on (seed, number) alone.
local bit = require 'bit'
local core = require 'hilo.core'
local space = require 'hilo.sweep.samplers.space'

local band, bor, bxor, lshift, rshift = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift

-- Of the 2nd dimension and those after it: the primitive polynomial, its coefficients as the bits of a number, and the odd numbers
-- m_1, m_2, ... that begin the recurrence. By S. Joe and F. Y. Kuo, Constructing Sobol sequences with better two-dimensional
-- projections, SIAM J. Sci. Comput. 30 (2008), published under the BSD licence as new-joe-kuo-6.21201.
local primitive = [[
   3 1; 7 1 3; 11 1 3 1; 13 1 1 1; 19 1 1 3 3; 25 1 3 5 13; 37 1 1 5 5 17; 41 1 1 5 5 5; 47 1 1 7 11 19; 55 1 1 5 1 1;
   59 1 1 1 3 11; 61 1 3 5 5 31; 67 1 3 3 9 7 49; 91 1 1 1 15 21 21; 97 1 3 1 13 27 49; 103 1 1 1 15 7 5; 109 1 3 1 15 13 25;
   115 1 1 5 5 19 61; 131 1 3 7 11 23 15 103; 137 1 3 7 13 13 15 69; 143 1 1 3 13 7 35 63; 145 1 3 5 9 1 25 53;
   157 1 3 1 13 9 35 107; 167 1 3 1 5 27 61 31; 171 1 1 5 11 19 41 61; 185 1 3 5 3 3 13 69; 191 1 1 7 13 1 19 1;
   193 1 3 7 5 13 19 59; 203 1 1 3 9 25 29 41; 211 1 3 5 13 23 1 55; 213 1 3 7 3 13 59 17; 229 1 3 1 3 5 53 69;
   239 1 1 5 5 23 33 13; 241 1 1 7 7 1 61 123; 247 1 1 7 9 13 61 49; 253 1 3 3 5 3 55 33; 285 1 3 1 15 31 13 49 245;
   299 1 3 5 15 31 59 63 97; 301 1 3 1 11 11 11 77 249; 333 1 3 1 11 27 43 71 9; 351 1 1 7 15 21 11 81 45; 355 1 3 7 3 25 31 65 79;
   357 1 3 1 1 19 11 3 205; 361 1 1 5 9 19 21 29 157; 369 1 3 7 11 1 33 89 185; 391 1 3 3 3 15 9 79 71; 397 1 3 7 11 15 39 119 27;
   425 1 1 3 1 11 31 97 225; 451 1 1 1 3 23 43 57 177; 463 1 3 7 7 17 17 37 71; 487 1 3 1 5 27 63 123 213;
   501 1 1 3 5 11 43 53 133; 529 1 3 5 5 29 17 47 173 479; 539 1 3 3 11 3 1 109 9 69; 545 1 1 1 5 17 39 23 5 343;
   557 1 3 1 5 25 15 31 103 499; 563 1 1 1 11 11 17 63 105 183; 601 1 1 5 11 9 29 97 231 363; 607 1 1 5 15 19 45 41 7 383;
   617 1 3 7 7 31 19 83 137 221; 623 1 1 1 3 23 15 111 223 83; 631 1 1 5 13 31 15 55 25 161; 637 1 1 3 13 25 47 39 87 257
]]

-- The direction numbers of each dimension: 32 words v_1..v_32, v_j = m_j / 2^j as binary fractions.
local function directions()
   local all = {{}}
   for j = 1, 32 do all[1][j] = lshift(1, 32 - j) end
   for row in primitive:gmatch '[^;]+' do
      local numbers = {}
      for text in row:gmatch '%d+' do numbers[#numbers + 1] = tonumber(text) end
      local polynomial, degree = numbers[1], #numbers - 1
      local v = {}
      for j = 1, degree do v[j] = lshift(numbers[j + 1], 32 - j) end
      for j = degree + 1, 32 do
         local word = bxor(v[j - degree], rshift(v[j - degree], degree))
         for k = 1, degree - 1 do
            if band(rshift(polynomial, degree - k), 1) == 1 then word = bxor(word, v[j - k]) end
         end
         v[j] = word
      end
      all[#all + 1] = v
   end
   return all
end

local by_dimension

local function parity(word)
   for shift = 4, 0, -1 do word = bxor(word, rshift(word, lshift(1, shift))) end
   return band(word, 1)
end

-- Each digit becomes the sum of itself, a random choice of those before it and a random constant.
local function scrambled(word, draws)
   local out = 0
   for digit = 31, 0, -1 do
      local one = lshift(1, digit)
      local before = band(draws:whole(0, 2 ^ 32 - 1), bit.bnot(bor(one, one - 1)))
      out = bor(out, lshift(parity(band(word, bor(before, one))), digit))
   end
   return bxor(out, bit.tobit(draws:whole(0, 2 ^ 32 - 1)))
end

local sobol = {dimensions = 64}

--- A point of the sequence.
---@param index integer from 0
---@param dimensions integer
---@param seed? integer of the scramble; without one the plain sequence, whose first point is the origin
---@return number[] from [0, 1)
function sobol.point(index, dimensions, seed)
   core.check(dimensions <= sobol.dimensions, 'sampler=sobol: knows at most %d axes, got %d; take sampler=random or tpe',
      sobol.dimensions, dimensions)
   by_dimension = by_dimension or directions()
   local gray, point = bxor(index, rshift(index, 1)), {}
   for d = 1, dimensions do
      local word = 0
      for j = 1, 32 do
         if band(rshift(gray, j - 1), 1) == 1 then word = bxor(word, by_dimension[d][j]) end
      end
      if seed then word = scrambled(word, space.draws('sobol', seed, d)) end
      point[d] = word % 2 ^ 32 / 2 ^ 32
   end
   return point
end

--- A configuration.
---@param axes Axis[]
---@param trials StoredTrial[] not read
---@param options {number: integer, seed: integer}
---@return Values
function sobol.suggest(axes, trials, options) -- luacheck: no unused args
   local values = {}
   for d, place in ipairs(sobol.point(options.number, #axes, options.seed)) do values[axes[d].name] = space.at(axes[d], place) end
   return values
end

--- How many configurations are to be had: there is always another.
---@return number
function sobol.count() return math.huge end

return sobol
