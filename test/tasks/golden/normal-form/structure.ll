; ModuleID = 'structure.c'
source_filename = "structure.c"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

%struct.node = type { i8, ptr, [3 x i16], double }

@head = external local_unnamed_addr global ptr, align 8
@pool = internal unnamed_addr global [4 x %struct.node] zeroinitializer, align 16

; Function Attrs: minsize mustprogress nofree norecurse nosync nounwind optsize willreturn memory(readwrite, argmem: read, inaccessiblemem: none, target_mem0: none, target_mem1: none) uwtable
define dso_local double @visit(ptr noundef readonly captures(none) %0, i64 noundef %1) local_unnamed_addr #0 {
  %3 = getelementptr inbounds nuw i8, ptr %0, i64 8
  %4 = load ptr, ptr %3, align 8, !tbaa !9
  store ptr %4, ptr @head, align 8, !tbaa !14
  %5 = load i16, ptr getelementptr inbounds nuw (i8, ptr @pool, i64 82), align 2, !tbaa !15
  %6 = add i16 %5, 1
  store i16 %6, ptr getelementptr inbounds nuw (i8, ptr @pool, i64 82), align 2, !tbaa !15
  %7 = getelementptr inbounds %struct.node, ptr %0, i64 %1
  %8 = getelementptr inbounds nuw i8, ptr %7, i64 24
  %9 = load double, ptr %8, align 8, !tbaa !17
  %10 = getelementptr inbounds %struct.node, ptr @pool, i64 %1
  %11 = getelementptr inbounds nuw i8, ptr %10, i64 20
  %12 = load i16, ptr %11, align 4, !tbaa !15
  %13 = sitofp i16 %12 to double
  %14 = fadd double %9, %13
  ret double %14
}

attributes #0 = { minsize mustprogress nofree norecurse nosync nounwind optsize willreturn memory(readwrite, argmem: read, inaccessiblemem: none, target_mem0: none, target_mem1: none) uwtable "min-legal-vector-width"="0" "no-trapping-math"="true" "stack-protector-buffer-size"="8" "target-cpu"="x86-64" "target-features"="+cmov,+cx8,+fxsr,+mmx,+sse,+sse2,+x87" "tune-cpu"="generic" }

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
!9 = !{!10, !11, i64 8}
!10 = !{!"node", !7, i64 0, !11, i64 8, !7, i64 16, !13, i64 24}
!11 = !{!"p1 _ZTS4node", !12, i64 0}
!12 = !{!"any pointer", !7, i64 0}
!13 = !{!"double", !7, i64 0}
!14 = !{!11, !11, i64 0}
!15 = !{!16, !16, i64 0}
!16 = !{!"short", !7, i64 0}
!17 = !{!10, !13, i64 24}
