-- Pours drops into buckets: all of them, or none if one that refuses is too full.
--
-- A bucket's value is the time at which it will be empty, in microseconds since 1970 by the clock
-- of this server; one that is empty has no key. KEYS: the buckets. ARGV, for each of them: what it
-- holds, what is added (less than 0 gives back, 0 only looks), both in microseconds, and 1 if it
-- refuses. Returns 1 or 0, whether it was done, and the level of each bucket.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local levels = {}
local fits = 1

for i, key in ipairs(KEYS) do
    local window, amount, refuses = ARGV[3 * i - 2] + 0, ARGV[3 * i - 1] + 0, ARGV[3 * i]
    local empty_at = tonumber(redis.call('GET', key) or now) or now
    levels[i] = math.max(0, empty_at - now)
    if refuses == '1' and levels[i] + amount > window then
        fits = 0
    end
end

if fits == 1 then
    for i, key in ipairs(KEYS) do
        local window, amount = ARGV[3 * i - 2] + 0, ARGV[3 * i - 1] + 0
        if amount ~= 0 then
            levels[i] = math.max(0, math.min(levels[i] + amount, window))
            if levels[i] > 0 then
                local empty_at = string.format('%.0f', now + levels[i])
                redis.call('SET', key, empty_at, 'PX', math.ceil(levels[i] / 1000))
            else
                redis.call('DEL', key)
            end
        end
    end
end

return {fits, unpack(levels)}
