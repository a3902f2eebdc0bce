	.file	"structure.c"
	.text
	.globl	visit                           // -- Begin function visit
	.p2align	2
	.type	visit,@function
visit:                                  // @visit
	.cfi_startproc
// %bb.0:
	adrp	x8, pool
	add	x8, x8, :lo12:pool
	add	x10, x0, x1, lsl #5
	add	x9, x8, x1, lsl #5
	ldr	d1, [x10, #24]
	adrp	x10, :got:head
	ldrsh	w9, [x9, #20]
	scvtf	d0, w9
	ldr	x9, [x0, #8]
	ldr	x10, [x10, :got_lo12:head]
	ldrh	w11, [x8, #82]
	str	x9, [x10]
	add	w9, w11, #1
	fadd	d0, d1, d0
	strh	w9, [x8, #82]
	ret
.Lfunc_end0:
	.size	visit, .Lfunc_end0-visit
	.cfi_endproc
                                        // -- End function
	.type	pool,@object                    // @pool
	.local	pool
	.comm	pool,128,8
	.section	".note.GNU-stack","",@progbits
	.addrsig
