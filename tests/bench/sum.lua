local n, sum = tonumber(arg[1]), 0
while n ~= 0 do
  sum = sum + n
  n = n - 1
end
print(sum)
