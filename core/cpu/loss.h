/* loss.h: shared by the files that take means of losses over pixels. */
#ifndef HL_LOSS_H
#define HL_LOSS_H

#include "cpu.h"

/* From the parts of images, the weighted sum of losses and the sum of the weights of each in sums: loss, one number or
 * with per_image one for each image, and scale (images), what one pixel counts. */
void hl_mean_losses(hl_tensor *loss, hl_tensor *scale, const double *sums, int64_t images, int64_t parts,
                    int per_image);

#endif
