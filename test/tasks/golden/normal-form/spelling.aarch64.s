	.text
	.type	f, %function
f:
	paciasp
	bcs	.L2
	csel	w0, w1, w2, cc
	and	x0, x1, #0xfffffffffffffff0
	and	w0, w1, #0xfffffffc
	mov	w8, #34079                      // =0x851f
	movk	w8, #20971, lsl #16
	mov	x9, #-7378697629483820647
	add	w1, w1, w8
	movk	x9, #39322
	movk	x9, #16313, lsl #48
	adrp	x8, .LCPI0_0
	ldr	d0, [x8, :lo12:.LCPI0_0]
	fmov	d1, #0.50000000
	ldrsw	x0, [x1, w2, uxtw #2]
	adrp	x0, :got:foo
	ldr	x0, [x0, :got_lo12:foo]
	adrp	x1, bar+16
	ldr	w1, [x1, :lo12:bar+16]
	tbnz	w0, #3, .L2
.L2:
	autiasp
	ret
	.size	f, .-f
	.section	.rodata.cst8,"aM",@progbits,8
.LCPI0_0:
	.xword	0x3fb999999999999a              // double 0.10000000000000001
