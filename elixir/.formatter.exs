[
  inputs: ["{mix,.formatter,demo}.exs", "{lib,mix,test}/**/*.{ex,exs}"],
  line_length: 110
]
