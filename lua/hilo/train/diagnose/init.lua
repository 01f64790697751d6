--- train/diagnose/init.lua: what a method does to its networks, measured at an evaluation on the crops of a probe, with the networks
--- as they train. Nothing that training does afterwards depends on it.
---
--- Figures are groups of numbers, each a curve of the report and a tag of TensorBoard:
---    confidence        D's mean confidence in label maps of labelled and of validation pictures, and in the maps that S predicts for
---                      labelled, validation and unlabelled ones; and, as <part>_hard, in these with 1 for the class of each pixel and
---                      0 for the others, as label maps have it: what is between tells how much D goes by softness
---    accuracy          the share of label maps and predicted maps that D tells right (confidence above 1/2), each kind counting half:
---                      among what it trains on, and on validation pictures
---    accepted          the share that is learnt from: of the maps (s4GAN), or of the pixels
---    certainty         the mean of what decides that: the largest probability of a pixel (or D's confidence in it), of all, of the
---                      accepted and of the rejected ones
---    agreement         the share of pixels of which the network that learns says already what it is taught
---    pixel_accuracy, mean_iou   of what is accepted and rejected, percent, where label maps are known
---    rank_correlation  Spearman's, of D's confidence in a map and the share of its pixels that are right; and, as <part>_by_S, of the
---                      mean of the probabilities that S gives to its classes, which needs no D
---    gradient_norm     of each term of the loss of S, as it is weighted there
---    gradient_cosine   between the gradients of the terms and that of the cross entropy
local s4gan = require 'hilo.train.diagnose.s4gan'

return {s4gan = s4gan.figures, maps = s4gan.maps, pseudo_labels = require 'hilo.train.diagnose.pseudo_labels'}
