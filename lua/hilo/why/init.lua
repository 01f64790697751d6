--- hilo.why: why a method does what it does, from finished runs: what fusion brings, and what self-training does to the discriminator.
return {
   fusion = require 'hilo.why.fusion', gate = require 'hilo.why.gate', history = require 'hilo.why.history',
   plots = require 'hilo.why.plots',
}
