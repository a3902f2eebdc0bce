	.file	"constants.c"
	.text
	.globl	curve
	.type	curve, @function
curve:
.LFB0:
	.cfi_startproc
	comisd	.LC1(%rip), %xmm0
	ja	.L3
	mulsd	.LC2(%rip), %xmm0
	mulss	.LC3(%rip), %xmm1
	cvtss2sd	%xmm1, %xmm1
	addsd	%xmm1, %xmm0
	subsd	.LC4(%rip), %xmm0
	ret
.L3:
	movsd	.LC0(%rip), %xmm0
	ret
	.cfi_endproc
.LFE0:
	.size	curve, .-curve
	.section	.rodata.cst8,"aM",@progbits,8
	.align 8
.LC0:
	.long	0
	.long	2146435072
	.align 8
.LC1:
	.long	0
	.long	1104006501
	.align 8
.LC2:
	.long	-1717986918
	.long	1069128089
	.section	.rodata.cst4,"aM",@progbits,4
	.align 4
.LC3:
	.long	1036831949
	.section	.rodata.cst8
	.align 8
.LC4:
	.long	0
	.long	1074266112
	.section	.note.GNU-stack,"",@progbits
