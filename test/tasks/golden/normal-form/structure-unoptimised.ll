; ModuleID = 'structure.c'
source_filename = "structure.c"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

%struct.node = type { i8, ptr, [3 x i16], double }

@head = external global ptr, align 8
@pool = internal global [4 x %struct.node] zeroinitializer, align 16

; Function Attrs: minsize nounwind optsize uwtable
define dso_local double @visit(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca i64, align 8
  store ptr %0, ptr %3, align 8, !tbaa !9
  store i64 %1, ptr %4, align 8, !tbaa !12
  %5 = load ptr, ptr %3, align 8, !tbaa !9
  %6 = getelementptr inbounds nuw %struct.node, ptr %5, i32 0, i32 1
  %7 = load ptr, ptr %6, align 8, !tbaa !14
  store ptr %7, ptr @head, align 8, !tbaa !9
  %8 = load i16, ptr getelementptr inbounds ([3 x i16], ptr getelementptr inbounds nuw (%struct.node, ptr getelementptr inbounds ([4 x %struct.node], ptr @pool, i64 0, i64 2), i32 0, i32 2), i64 0, i64 1), align 2, !tbaa !17
  %9 = add i16 %8, 1
  store i16 %9, ptr getelementptr inbounds ([3 x i16], ptr getelementptr inbounds nuw (%struct.node, ptr getelementptr inbounds ([4 x %struct.node], ptr @pool, i64 0, i64 2), i32 0, i32 2), i64 0, i64 1), align 2, !tbaa !17
  %10 = load ptr, ptr %3, align 8, !tbaa !9
  %11 = load i64, ptr %4, align 8, !tbaa !12
  %12 = getelementptr inbounds %struct.node, ptr %10, i64 %11
  %13 = getelementptr inbounds nuw %struct.node, ptr %12, i32 0, i32 3
  %14 = load double, ptr %13, align 8, !tbaa !19
  %15 = load i64, ptr %4, align 8, !tbaa !12
  %16 = getelementptr inbounds [4 x %struct.node], ptr @pool, i64 0, i64 %15
  %17 = getelementptr inbounds nuw %struct.node, ptr %16, i32 0, i32 2
  %18 = getelementptr inbounds [3 x i16], ptr %17, i64 0, i64 2
  %19 = load i16, ptr %18, align 4, !tbaa !17
  %20 = sext i16 %19 to i32
  %21 = sitofp i32 %20 to double
  %22 = fadd double %14, %21
  ret double %22
}

attributes #0 = { minsize nounwind optsize uwtable "min-legal-vector-width"="0" "no-trapping-math"="true" "stack-protector-buffer-size"="8" "target-cpu"="x86-64" "target-features"="+cmov,+cx8,+fxsr,+mmx,+sse,+sse2,+x87" "tune-cpu"="generic" }

!llvm.module.flags = !{!0, !1, !2, !3}
!llvm.ident = !{!4}
!llvm.errno.tbaa = !{!5}

!0 = !{i32 1, !"wchar_size", i32 4}
!1 = !{i32 8, !"PIC Level", i32 2}
!2 = !{i32 7, !"PIE Level", i32 2}
!3 = !{i32 7, !"uwtable", i32 2}
!4 = !{!"clang version 22.1.8 (1~deb12u1)"}
!5 = !{!6, !6, i64 0}
!6 = !{!"int", !7, i64 0}
!7 = !{!"omnipotent char", !8, i64 0}
!8 = !{!"Simple C/C++ TBAA"}
!9 = !{!10, !10, i64 0}
!10 = !{!"p1 _ZTS4node", !11, i64 0}
!11 = !{!"any pointer", !7, i64 0}
!12 = !{!13, !13, i64 0}
!13 = !{!"long", !7, i64 0}
!14 = !{!15, !10, i64 8}
!15 = !{!"node", !7, i64 0, !10, i64 8, !7, i64 16, !16, i64 24}
!16 = !{!"double", !7, i64 0}
!17 = !{!18, !18, i64 0}
!18 = !{!"short", !7, i64 0}
!19 = !{!15, !16, i64 24}
