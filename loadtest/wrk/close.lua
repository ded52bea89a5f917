-- A connection for each request: wrk -t1 -c64 -d5s --latency -s loadtest/wrk/close.lua http://127.0.0.1:8080/api/item
local here = debug.getinfo(1, "S").source:match("^@(.*/)") or ""
dofile(here .. "report.lua")

wrk.headers["Connection"] = "close"
