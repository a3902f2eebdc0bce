	.file	"thread.c"
	.text
	.globl	enter                           // -- Begin function enter
	.p2align	2
	.type	enter,@function
enter:                                  // @enter
	.cfi_startproc
// %bb.0:
	mrs	x8, TPIDR_EL0
	add	x8, x8, :tprel_hi12:depth
	add	x8, x8, :tprel_lo12_nc:depth
	ldr	w9, [x8]
	add	w0, w9, #1
	str	w0, [x8]
	ret
.Lfunc_end0:
	.size	enter, .Lfunc_end0-enter
	.cfi_endproc
                                        // -- End function
	.type	depth,@object                   // @depth
	.section	.tbss,"awT",@nobits
	.p2align	2, 0x0
depth:
	.word	0                               // 0x0
	.size	depth, 4

	.section	".note.GNU-stack","",@progbits
	.addrsig
