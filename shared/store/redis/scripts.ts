import { createHash } from 'node:crypto';

/** A script with the SHA-1 by which a server that has seen it knows it. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

function script(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/** Values per key in ARGV of the commit script, after `now`. */
const VALUES_PER_CHANGE = 5;

/**
 * commit: applies all changes or none.
 * KEYS: one per change, all of one hash tag.
 * ARGV: now (ms), then per change: op (`put`, `delete`, `check`), expectation (`` = none, `absent`, `present`,
 * `=<version>`), value, new version, expiry (ms, `` = none).
 * Returns 1 when applied, 0 when an expectation failed.
 * A record is a string: version, expiry (ms, empty = none) and value, each of the first two followed by a colon; a
 * hash of three fields costs Redis 200 bytes more. The key's own time to live only collects garbage: it is longer by a
 * minute, relative to `now`, because expiry is judged by our clock and not by this server's.
 */
export const COMMIT = script(`
local now = tonumber(ARGV[1])
local function at(i, field) return ARGV[1 + (i - 1) * ${String(VALUES_PER_CHANGE)} + field] end
for i = 1, #KEYS do
  local expect = at(i, 2)
  if expect ~= '' then
    local found = redis.call('GET', KEYS[i])
    local version = false
    if found then
      local _, _, stored, expiry = string.find(found, '^([^:]*):(%d*):')
      if expiry == '' or tonumber(expiry) > now then version = stored end
    end
    if expect == 'absent' then
      if version then return 0 end
    elseif not version then
      return 0
    elseif expect ~= 'present' and expect ~= '=' .. version then
      return 0
    end
  end
end
for i = 1, #KEYS do
  local op = at(i, 1)
  if op == 'put' then
    local expiry = at(i, 5)
    local record = at(i, 4) .. ':' .. expiry .. ':' .. at(i, 3)
    if expiry == '' then
      redis.call('SET', KEYS[i], record)
    else
      redis.call('SET', KEYS[i], record, 'PX', math.max(tonumber(expiry) - now, 0) + 60000)
    end
  elseif op == 'delete' then
    redis.call('DEL', KEYS[i])
  end
end
return 1
`);

/** take: reads and deletes one record. KEYS[1]: the record. Returns it, nil when there is none. */
export const TAKE = script(`
local found = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
return found
`);

/**
 * add: adds to a counter. KEYS[1]: the counter. ARGV: now (ms), the number to add, when the counter ends (ms).
 * Returns what it is then. A counter is a string: its end and its number, with a colon between; the key's own time to
 * live only collects garbage, as with records.
 */
export const ADD = script(`
local now, ends = tonumber(ARGV[1]), tonumber(ARGV[3])
local total = tonumber(ARGV[2])
local found = redis.call('GET', KEYS[1])
if found then
  local _, _, stored, number = string.find(found, '^(%d+):(-?%d+)$')
  if tonumber(stored) > now then total = total + tonumber(number) end
end
redis.call('SET', KEYS[1], ARGV[3] .. ':' .. string.format('%d', total), 'PX', math.max(ends - now, 0) + 60000)
return total
`);

/**
 * append: adds an entry to a feed, or a heartbeat. KEYS[1]: the stream. ARGV: `entry` or `beat`, the entry, how long
 * entries are kept (ms, by this server's clock). An entry is numbered one above the last; a heartbeat repeats the last
 * number and takes the place of the heartbeat before it. A stream that was lost starts at 1 again, which readers see
 * as a gap.
 */
export const APPEND = script(`
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local number, isBeat = 0, false
if last then
  isBeat = #last[2] == 2
  number = tonumber(last[2][2])
end
if ARGV[1] == 'beat' then
  redis.call('XADD', KEYS[1], '*', 'n', number)
  if isBeat then redis.call('XDEL', KEYS[1], last[1]) end
else
  redis.call('XADD', KEYS[1], '*', 'n', number + 1, 'v', ARGV[2])
end
local time = redis.call('TIME')
redis.call('XTRIM', KEYS[1], 'MINID', (tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)) - tonumber(ARGV[3]))
return 1
`);
