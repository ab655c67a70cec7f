# The reference of a script, of a module, and of everything.
$ printf '## Ships it.\n\n## How many.\nparam n: int = 3 where n > 0\nfn half(x: int, by: number = 2): number = x / by\n## The shop.\nworkload shop { image = "shop/shop:2" }\nfor i in 1 .. 2 { workload "s-${i}" { image = "a/b:1" } }\n## Carefully.\nrollout ship of shop { steps { promote } }\n' > $TMP/s.sgr; cd $TMP; sgrc doc s.sgr | sed 's/^/  /'
  # s.sgr
  
  Ships it.
  
  ```sgr
  param n: int = 3 where n > 0
  ```
  
  How many.
  
  ```sgr
  fn half(x: int, by: number = 2): number
  ```
  
  ```sgr
  workload shop
  ```
  
  The shop.
  
  ```sgr
  workload "s-${i}"
  ```
  
  ```sgr
  rollout ship of shop
  ```
  
  Carefully.
$ sgrc doc std/traffic/nginx | head -12 | sed 's/^/  /'
  # std/traffic/nginx
  
  ingress-nginx canary annotations, on a second Ingress beside the user's own: same host and paths, the
  canary's Service behind them. The user's Ingress is read and never written.
  
  ```sgr
  fn own_ingress(t: track, ingress: string): object
  ```
  
  The user's Ingress as `compile` writes it, where a script has none of its own.
  
  ```sgr
$ sgrc doc std/nothing
sgrc: there is no module `std/nothing`; `sgrc doc --std` has all
[1]
$ sgrc doc
sgrc: doc takes scripts, modules as in std/audits, or --std
[1]
$ printf 'fn (' > $TMP/bad.sgr; cd $TMP; sgrc doc bad.sgr
error[E0102]: expected a declaration, found `(`
 --> bad.sgr:1:4
  |
1 | fn (
  |    ^

error[E0105]: this `(` is not closed
 --> bad.sgr:1:4
  |
1 | fn (
  |    ^ opened here

[1]
# docs/stdlib.md is what is printed: write it again with `sgrc doc --std > docs/stdlib.md`.
$ sgrc doc --std | diff - ../../../docs/stdlib.md && echo same
same
