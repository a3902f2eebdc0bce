	.file	"constants.c"
	.section	.rodata.cst8,"aM",@progbits,8
	.p2align	3, 0x0                          # -- Begin function curve
.LCPI0_0:
	.quad	0x7ff0000000000000              # double +Inf
.LCPI0_1:
	.quad	0x41cdcd6500000000              # double 1.0E+9
.LCPI0_3:
	.quad	0x3fb999999999999a              # double 0.10000000000000001
.LCPI0_4:
	.quad	0xc008000000000000              # double -3
	.section	.rodata.cst4,"aM",@progbits,4
	.p2align	2, 0x0
.LCPI0_2:
	.long	0x3dcccccd                      # float 0.100000001
	.text
	.globl	curve
	.type	curve,@function
curve:                                  # @curve
	.cfi_startproc
# %bb.0:
	ucomisd	.LCPI0_1(%rip), %xmm0
	jbe	.LBB0_2
# %bb.1:
	movsd	.LCPI0_0(%rip), %xmm0           # xmm0 = [+Inf,0.0E+0]
	retq
.LBB0_2:
	mulss	.LCPI0_2(%rip), %xmm1
	cvtss2sd	%xmm1, %xmm1
	mulsd	.LCPI0_3(%rip), %xmm0
	addsd	%xmm1, %xmm0
	addsd	.LCPI0_4(%rip), %xmm0
	retq
.Lfunc_end0:
	.size	curve, .Lfunc_end0-curve
	.cfi_endproc
                                        # -- End function
	.section	".note.GNU-stack","",@progbits
	.addrsig
