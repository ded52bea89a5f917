-- Walks over many routes: wrk ... -s loadtest/wrk/routes.lua http://127.0.0.1:8080/ -- 100000
-- At most 10,000 prepared requests, spread evenly over the routes, in an order that no cache line likes.
local here = debug.getinfo(1, "S").source:match("^@(.*/)") or ""
dofile(here .. "report.lua")

local prepared = {}
local count = 0
local at = 0

function init(args)
  local routes = tonumber(args[1]) or 1000
  count = math.min(routes, 10000)
  local stride = routes / count
  for i = 0, count - 1 do
    local route = math.floor((i * 7919 % count) * stride)
    prepared[i] = wrk.format("GET", "/service" .. route .. "/items/" .. (i + 1))
  end
end

function request()
  at = at + 1
  if at >= count then at = 0 end
  return prepared[at]
end
