	.file	"byvalue.c"
	.text
	.globl	give                            // -- Begin function give
	.p2align	2
	.type	give,@function
give:                                   // @give
	.cfi_startproc
// %bb.0:
	sub	sp, sp, #64
	stp	x29, x30, [sp, #32]             // 16-byte Folded Spill
	stp	x20, x19, [sp, #48]             // 16-byte Folded Spill
	add	x29, sp, #32
	.cfi_def_cfa w29, 32
	.cfi_offset w19, -8
	.cfi_offset w20, -16
	.cfi_offset w30, -24
	.cfi_offset w29, -32
	ldp	q0, q1, [x0]
	mov	x19, x0
	ldr	w1, [x0, #24]
	mov	x0, sp
	mov	x20, x8
	stp	q0, q1, [sp]
	bl	take
	mov	w8, #5                          // =0x5
	ldp	x29, x30, [sp, #32]             // 16-byte Folded Reload
	str	x8, [x19]
	ldp	q1, q0, [x19]
	stp	q1, q0, [x20]
	ldp	x20, x19, [sp, #48]             // 16-byte Folded Reload
	add	sp, sp, #64
	ret
.Lfunc_end0:
	.size	give, .Lfunc_end0-give
	.cfi_endproc
                                        // -- End function
	.section	".note.GNU-stack","",@progbits
	.addrsig
