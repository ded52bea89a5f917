-- POST with 1 KB of JSON: wrk -t1 -c64 -d5s --latency -s loadtest/wrk/post.lua http://127.0.0.1:8080/api/item
local here = debug.getinfo(1, "S").source:match("^@(.*/)") or ""
dofile(here .. "report.lua")

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"text":"' .. string.rep("x", 1024 - 11) .. '"}'
