	.file	"thread.c"
	.text
	.globl	enter                           # -- Begin function enter
	.type	enter,@function
enter:                                  # @enter
	.cfi_startproc
# %bb.0:
	movl	%fs:depth@TPOFF, %eax
	incl	%eax
	movl	%eax, %fs:depth@TPOFF
	retq
.Lfunc_end0:
	.size	enter, .Lfunc_end0-enter
	.cfi_endproc
                                        # -- End function
	.type	depth,@object                   # @depth
	.section	.tbss,"awT",@nobits
	.p2align	2, 0x0
depth:
	.long	0                               # 0x0
	.size	depth, 4

	.section	".note.GNU-stack","",@progbits
	.addrsig
