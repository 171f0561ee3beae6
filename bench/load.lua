-- wrk's script: sends one of the prepared requests at random, prints the figures as JSON.
-- Arguments: FILE (size, newline, request; and so on), SEED.
-- "@@@@@@@@" in a request becomes a number that never repeats, so that every update changes a row.

local requests, counter = {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local size = file:read("*l")
  while size do
    requests[#requests + 1] = file:read(tonumber(size))
    size = file:read("*l")
  end
  file:close()
  math.randomseed(tonumber(args[2]))
  counter = (tonumber(args[2]) % 900) * 100000
end

function request()
  local chosen = requests[math.random(#requests)]
  if not chosen:find("@@@@@@@@", 1, true) then return chosen end
  counter = counter + 1
  return (chosen:gsub("@@@@@@@@", string.format("%08d", counter)))
end

function done(summary, latency, _)
  local e = summary.errors
  print(string.format(
    'JSON {"requests":%d,"seconds":%.6f,"p50_ms":%.4f,"p99_ms":%.4f,"failed":%d,"refused":%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.timeout, e.status))
end
