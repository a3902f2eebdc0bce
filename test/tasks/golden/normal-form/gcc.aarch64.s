	.arch armv8-a
	.file	"example.c"
	.text
	.section	.rodata.str1.8,"aMS",@progbits,1
	.align	3
.LC0:
	.string	"%d\n"
	.text
	.align	2
	.p2align 4,,11
	.global	show
	.type	show, %function
show:
.LFB11:
	.cfi_startproc
	stp	x29, x30, [sp, -32]!
	.cfi_def_cfa_offset 32
	mov	x29, sp
	cmp	w0, 0
	ble	.L2
	and	w1, w0, 255
	adrp	x0, .LC0
	add	x0, x0, :lo12:.LC0
	bl	printf
	mov	w2, 52429
	movk	w2, 0xcccc, lsl 16
	umull	x1, w1, w2
	adrp	x3, limit
	ldr	w4, [x3, #:lo12:limit]
	fmov	d0, 1.0e+0
	bcc	.L3
.L2:
	mov	w0, -1
.L3:
	ldp	x29, x30, [sp], 32
	.cfi_restore 30
	ret
	.cfi_endproc
.LFE11:
	.size	show, .-show
