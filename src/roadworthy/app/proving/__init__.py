"""The parts of `roadworthy test`: what is tested, what it is compared with, and the sections of its proof."""
