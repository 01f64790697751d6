std = 'luajit'
max_line_length = 136
files['spec'] = {std = 'luajit+busted'}
self = false
