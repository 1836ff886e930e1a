-- What wrk sends and counts: one header with a key from a file, and a line of JSON at the end.
--   wrk … URL -- FILE in-turn|random EXPECTED_STATUS SEED
-- Every line of the file is one key, all of the same length; or the header fields of one signed request, with tabs
-- between them.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  keys = file:read("*a")
  file:close()
  width = keys:find("\n", 1, true)
  count = #keys / width
  isRandom = args[2] == "random"
  expected = tonumber(args[3])
  math.randomseed(tonumber(args[4]))
  at = math.random(0, count - 1)
  wrong = 0
  local header = keys:sub(1, 3) == "eyJ" and "Authorization: Bearer " or "X-Api-Key: "
  local first = keys:sub(1, width)
  if first:find(": ", 1, true) then
    header = ""
    local _, tabs = first:gsub("\t", "\t")
    keys = keys:gsub("\t", "\r\n")
    width = width + tabs
  end
  head = "GET " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\n" .. header
end

function request()
  if isRandom then
    at = math.random(0, count - 1)
  else
    at = at + 1
    if at == count then at = 0 end
  end
  local start = at * width
  return head .. keys:sub(start + 1, start + width - 1) .. "\r\n\r\n"
end

function response(status)
  if status ~= expected then wrong = wrong + 1 end
end

function done(summary, latency)
  local wrongAnswers = 0
  for _, thread in ipairs(threads) do wrongAnswers = wrongAnswers + thread:get("wrong") end
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"p50Micros":%d,"p99Micros":%d,"wrongAnswers":%d,"failures":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), wrongAnswers,
    errors.connect + errors.read + errors.write + errors.timeout))
end
