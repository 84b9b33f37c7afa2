[
  inputs: ["{mix,.formatter,demo}.exs", "{lib,mix,test}/**/*.{ex,exs}"],
  import_deps: []
]
