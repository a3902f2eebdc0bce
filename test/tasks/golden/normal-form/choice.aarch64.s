	.file	"choice.c"
	.text
	.globl	choose                          // -- Begin function choose
	.p2align	2
	.type	choose,@function
choose:                                 // @choose
	.cfi_startproc
// %bb.0:
	cmp	w0, #4
	b.hi	.LBB0_7
// %bb.1:
	mov	w8, w0
	adrp	x9, .LJTI0_0
	add	x9, x9, :lo12:.LJTI0_0
	adr	x10, .LBB0_2
	ldrb	w11, [x9, x8]
	add	x10, x10, x11, lsl #2
	br	x10
.LBB0_2:
	b	f0
.LBB0_3:
	stp	x29, x30, [sp, #-16]!           // 16-byte Folded Spill
	mov	x29, sp
	.cfi_def_cfa w29, 16
	.cfi_offset w30, -8
	.cfi_offset w29, -16
	bl	f4
	add	w0, w0, #7
	ldp	x29, x30, [sp], #16             // 16-byte Folded Reload
	ret
.LBB0_4:
	b	f2
.LBB0_5:
	b	f3
.LBB0_6:
	b	f1
.LBB0_7:
	mov	w0, #-1                         // =0xffffffff
	ret
.Lfunc_end0:
	.size	choose, .Lfunc_end0-choose
	.cfi_endproc
	.section	.rodata,"a",@progbits
.LJTI0_0:
	.byte	(.LBB0_2-.LBB0_2)>>2
	.byte	(.LBB0_6-.LBB0_2)>>2
	.byte	(.LBB0_4-.LBB0_2)>>2
	.byte	(.LBB0_5-.LBB0_2)>>2
	.byte	(.LBB0_3-.LBB0_2)>>2
                                        // -- End function
	.section	".note.GNU-stack","",@progbits
	.addrsig
