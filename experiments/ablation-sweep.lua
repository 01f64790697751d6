-- A sweep of s4GAN in which each configuration changes one option: whether and when S learns from its own maps (lambda_st, st_start)
-- and how sure D must be of these (gamma), feature matching (lambda_fm), how strong D is (its width and rate), its dropout, and whether
-- real maps are to get less than 1 from it (d_smooth).
--
--    lua/bin/hilo sweep experiments/ablation-sweep.lua data.root=data/scenes              on the built-in set, see `make scenes`
--    lua/bin/hilo sweep experiments/ablation-sweep.lua recipe=ccp data.root=<ccp-voc> model.weights=<resnet18-imagenet-fp16.pth>
--    lua/bin/hilo experiments/why.lua sweep=ablation                                      what each does to D and to what S learns
--
-- Other changes are other words of the command, as change=none,gamma=0.7,st_start=600; the same command then runs what is new.
local changes = {
   'none', 'lambda_st=0', 'lambda_fm=0',
   'gamma=0.4', 'gamma=0.5', 'gamma=0.8',
   'st_start=150', 'st_start=300',
   'd_channels=16', 'd_channels=128', 'd_lr=2.5e-5', 'd_lr=4e-4',
   'd_dropout=0', 'd_dropout=0.25', 'd_smooth=0.1',
}

return {
   script = 'experiments/s4gan.lua', name = 'ablation',
   axes = {change = changes},
   options = function(values)
      if values.change == 'none' then return {} end
      local option, number = values.change:match '^([%w_.]+)=(.+)$'
      assert(tonumber(number), ("change: expected none or an option and its number, as gamma=0.7; got '%s'"):format(values.change))
      return {[option] = tonumber(number)}
   end,
   seed = '1..2', metric = 'mean_iou',
}
