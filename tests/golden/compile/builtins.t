$ sgrc compile builtins.sgr
apiVersion: v1
kind: ConfigMap
metadata:
  name: results
  namespace: default
lists:
  sort:
  - a
  - b
  - b
  unique:
  - b
  - a
  reverse:
  - b
  - a
  - b
  slice:
  - 2
  - 3
  flatten:
  - 1
  - 2
  - 3
  keys:
  - one
  - two
  values:
  - 1
  - 2
  split:
  - a
  - b
  - ""
  - c
  len:
  - 3
  - 2
  - 3
  has:
  - true
  - false
  - true
  - true
  any_all:
  - true
  - false
  - false
  - true
text:
  join: b-a-b
  replace: a/b/c
  upper: ABC
  lower: abc
  trim:
  - x
  - x
  starts:
  - true
  - true
  base64:
  - aMOpbGxv
  - hi
  sha256:
  - ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
  - "015abd7f"
  json: "{\"a\":[1,0.5,true,\"5m\"],\"b\":\"x\"}"
  text: 1m30s
  kebab: httpserver-name-v2
numbers:
  min_max:
  - 1
  - 3
  - 6
  - 0
  mean: 2.3333333333333335
  rounding:
  - 3
  - -3
  - 29
  - 3
  - 3
  number:
  - 0.05
  - 1000
  - 25
  - 25%
  - 60
  - 1024
  - 0.5
  - 3
  int: 42
  range:
  - 1h40m
  - 2
  division:
  - 3.5
  - 30%
  - 15m
  - 1.5/s
  - -2
records:
  merge:
    a:
      x: 1
      "y": 3
    l:
    - 2
    z: 4
  overlay:
    a:
      "y": 3
    l:
    - 1
    z: 4
  stamp:
  - |
    1,"x",,
    ,,,
    ,,,
  - |
    [1,{"b":2}],
  - ""
  omit:
    b: 2
  ref:
    apiVersion: v1
    kind: Service
    name: api
